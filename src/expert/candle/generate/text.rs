//! Text out of tokens: bytes are held back until their character is whole, and stop strings are watched for.

/// The text of an answer while it grows.
pub(super) struct Text {
    text: String,
    /// The beginning of a character.
    held: Vec<u8>,
    stop: Vec<String>,
    stopped: bool,
}

impl Text {
    pub(super) fn new(stop: Vec<String>) -> Text {
        Text { text: String::new(), held: Vec::new(), stop, stopped: false }
    }

    /// Adds the bytes of a token; returns the characters that are whole now. Bytes that can not be text become
    /// U+FFFD.
    pub(super) fn push(&mut self, bytes: &[u8]) -> String {
        self.held.extend_from_slice(bytes);
        let mut whole = String::new();
        let mut used = 0;
        for chunk in self.held.utf8_chunks() {
            whole.push_str(chunk.valid());
            used += chunk.valid().len();
            // An unfinished character at the very end may still become one.
            let unfinished = used + chunk.invalid().len() == self.held.len() && may_continue(chunk.invalid());
            if chunk.invalid().is_empty() || unfinished {
                break;
            }
            whole.push(char::REPLACEMENT_CHARACTER);
            used += chunk.invalid().len();
        }
        self.held.drain(..used);
        let before = self.text.len();
        self.text.push_str(&whole);
        self.look_for_stop(before);
        whole
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The text before the first stop string. Half a character at the end is dropped.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// Cuts the text at the first stop string that reaches beyond `before`.
    fn look_for_stop(&mut self, before: usize) {
        let first = |stop: &String| {
            let from = self.text.floor_char_boundary(before.saturating_sub(stop.len()));
            self.text[from..].find(stop.as_str()).map(|at| from + at)
        };
        let found = self.stop.iter().filter(|stop| !stop.is_empty()).filter_map(first).min();
        if let (Some(at), false) = (found, self.stopped) {
            self.text.truncate(at);
            self.stopped = true;
        }
    }
}

/// Whether these bytes, which are no text, could begin a character.
fn may_continue(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|why| why.valid_up_to() == 0 && why.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(tokens: &[&[u8]], stop: &[&str], told: &[&str], text: &str) {
        let stop: Vec<String> = stop.iter().map(|stop| (*stop).to_owned()).collect();
        let mut whole = Text::new(stop);
        let mut got = Vec::new();
        for token in tokens {
            got.push(whole.push(token));
            if whole.is_stopped() {
                break;
            }
        }
        assert_eq!((&got[..], whole.finish().as_str()), (&told.map_to_owned()[..], text));
    }

    trait MapToOwned {
        fn map_to_owned(&self) -> Vec<String>;
    }

    impl MapToOwned for &[&str] {
        fn map_to_owned(&self) -> Vec<String> {
            self.iter().map(|text| (*text).to_owned()).collect()
        }
    }

    #[test]
    fn characters_wait_until_they_are_whole() {
        check(&[b"a", b"\xe2\x82", b"\xac!"], &[], &["a", "", "€!"], "a€!");
        check(&[b"\xf0\x9f", b"\x8c", b"\xb3"], &[], &["", "", "🌳"], "🌳");
        check(&[b"\xe2\x82", b"x"], &[], &["", "\u{FFFD}x"], "\u{FFFD}x");
        check(&[b"\xff", b"\x80"], &[], &["\u{FFFD}", "\u{FFFD}"], "\u{FFFD}\u{FFFD}");
        check(&[b"ok\xe2"], &[], &["ok"], "ok");
    }

    #[test]
    fn stop_strings_end_the_text_wherever_tokens_part() {
        check(&[b"one", b"\nQ", b"S: two"], &["\nQS:"], &["one", "\nQ", "S: two"], "one");
        check(&[b"a stop", b"never"], &["stop", "a"], &["a stop"], "");
        check(&[b"abc", b"def"], &["", "cd"], &["abc", "def"], "ab");
        check(&["né".as_bytes(), "ée".as_bytes()], &["éé"], &["né", "ée"], "n");
        check(&[b"abc"], &["abcd"], &["abc"], "abc");
    }

    proptest! {
        #[test]
        fn told_texts_join_to_the_text(text in "[a-cé€🌳 ]{0,30}", cuts in prop::collection::vec(1usize..5, 0..40)) {
            let (mut rest, mut told) = (text.as_bytes(), String::new());
            let mut whole = Text::new(vec![]);
            for cut in cuts.into_iter().chain([usize::MAX]) {
                let (now, after) = rest.split_at(cut.min(rest.len()));
                told.push_str(&whole.push(now));
                rest = after;
            }
            prop_assert_eq!(&told, &text);
            prop_assert_eq!(whole.finish(), text);
        }
    }
}
