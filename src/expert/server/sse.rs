//! Reads the events of a stream (`text/event-stream`) out of pieces that are cut anywhere.
//!
//! The sender is a stranger: lines and events have a largest size, bytes that are no UTF-8 become replacement marks.

/// The longest event, in bytes.
pub(super) const MOST_EVENT: usize = 1 << 20;

/// The reader between two pieces.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// The line that has not ended.
    line: Vec<u8>,
    /// Data of the event that has not ended; `None` before its first `data` line.
    data: Option<String>,
    /// The last byte was a CR: a LF that follows belongs to it.
    after_cr: bool,
    /// Something but a byte-order mark has been read.
    begun: bool,
}

/// An event is longer than [`MOST_EVENT`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Events {
    /// The data of the events that end in this piece.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<Vec<String>, TooLong> {
        let mut events = vec![];
        for byte in piece {
            match byte {
                b'\n' if self.after_cr => self.after_cr = false,
                b'\n' | b'\r' => {
                    self.after_cr = *byte == b'\r';
                    events.extend(self.end_line()?);
                }
                _ => {
                    self.after_cr = false;
                    self.line.push(*byte);
                    if MOST_EVENT < self.line.len() {
                        return Err(TooLong);
                    }
                }
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Result<Option<String>, TooLong> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = if self.begun { line.as_ref() } else { line.trim_start_matches('\u{feff}') };
        self.begun = true;
        if line.is_empty() {
            return Ok(self.data.take());
        }
        // A comment keeps the connection alive and says nothing; `event`, `id` and `retry` are not used here.
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field == "data" {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                None => self.data = Some(value.to_owned()),
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
            }
            if self.data.as_ref().is_some_and(|data| MOST_EVENT < data.len()) {
                return Err(TooLong);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(pieces: &[&[u8]]) -> Result<Vec<String>, TooLong> {
        let mut events = Events::default();
        let read: Result<Vec<_>, _> = pieces.iter().map(|piece| events.push(piece)).collect();
        Ok(read?.concat())
    }

    #[test]
    fn events_are_found_however_they_are_cut() {
        let check = |pieces: &[&[u8]], expected: &[&str]| {
            assert_eq!(all(pieces).unwrap(), expected, "{pieces:?}");
        };
        check(&[b"data: a\n\ndata: b\n\n"], &["a", "b"]);
        check(&[b"da", b"ta: a", b"\n", b"\n"], &["a"]);
        check(&[b"data:a\r\n\r\ndata: b\r\rdata: c\n\n"], &["a", "b", "c"]);
        check(&[b"data: a\r", b"\n\r", b"\ndata: b\n\n"], &["a", "b"]);
        check(&[b": keep-alive\n\nevent: x\nid: 7\ndata: a\nretry: 1\n\n"], &["a"]);
        check(&[b"data: one\ndata:\ndata:  two\n\n"], &["one\n\n two"]);
        check(&[b"data\n\n"], &[""]);
        check(&["data: é".as_bytes().split_at(7).0, "data: é\n\n".as_bytes().split_at(7).1], &["é"]);
        check(&[b"data: \xff\xfe\n\n"], &["\u{fffd}\u{fffd}"]);
        check(&[b"\xef\xbb\xbfdata: a\n\n"], &["a"]);
        check(&[b"data: never ended\n"], &[]);
        check(&[b"<html>\n<p>data: a\n\n"], &[]);
        check(&[b""], &[]);
    }

    #[test]
    fn an_event_without_end_is_refused() {
        assert_eq!(all(&[&[b'x'; MOST_EVENT + 1]]), Err(TooLong));
        let line = [b"data: ".as_slice(), &[b'x'; 1000], b"\n"].concat();
        assert_eq!(all(&[&line.repeat(1100)]), Err(TooLong));
    }

    proptest! {
        #[test]
        fn cutting_changes_nothing(bytes in proptest::collection::vec(prop_oneof![
            Just(b'\n'), Just(b'\r'), Just(b':'), Just(b'd'), any::<u8>()], 0..200), at in 0usize..200) {
            let bytes = [b"data: x\n".as_slice(), &bytes].concat();
            let at = at.min(bytes.len());
            prop_assert_eq!(all(&[&bytes]), all(&[&bytes[..at], &bytes[at..]]));
        }
    }
}
