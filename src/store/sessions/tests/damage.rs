//! Files that were cut, flipped or filled with zeros.

use super::*;

const PATH: &str = "/s/x.jsonl";
const KEPT: &str = "/s/x.jsonl.damaged-2026-11-21T080000Z";

fn disk_with(bytes: &[u8]) -> (SimulatedDisk, Arc<dyn Disk>) {
    let disk = SimulatedDisk::default();
    disk.put(PATH, bytes);
    (disk.clone(), Arc::new(disk))
}

/// Opens the bytes, checks what came of it, goes on, and opens again.
fn survive(bytes: &[u8], entries: &[Entry], whole: usize, go_further: bool) {
    let (disk, shared) = disk_with(bytes);
    let opened = open(&shared, Path::new(PATH), NOW).unwrap();
    assert_eq!(opened.journal.entries(), entries[..whole]);
    let left_out = bytes.len() as u64 - opened.good_bytes;
    if 0 < left_out {
        let warning = opened.warning.as_deref().unwrap();
        assert!(warning.contains(&format!("at byte {} can", opened.good_bytes)), "{warning}");
        assert!(warning.contains(&format!("left out: {left_out} byte")), "{warning}");
    } else if whole == 0 {
        assert!(opened.warning.is_some(), "an empty session says why");
    }
    assert_eq!(disk.bytes(PATH).unwrap(), bytes, "opening changes nothing");
    if !go_further {
        return;
    }
    let mut journal = opened.journal;
    let mut after = journal.entries();
    after.extend(if whole < 2 { begin(&mut journal) } else { vec![go_on(&mut journal)] });
    let (writer, _said) = writer(opened.claim.unwrap());
    writer.append(after[whole..].to_vec());
    writer.close(LONG).unwrap();
    let again = read(&shared, Path::new(PATH)).unwrap();
    assert_eq!(again.journal.entries(), after);
    assert_eq!(again.warning, None, "the file is whole again");
    let promised = opened.warning.is_some_and(|warning| warning.contains("is kept aside"));
    assert_eq!(promised, bytes.last() != Some(&b'\n') || 0 < left_out);
    assert_eq!(disk.bytes(KEPT).as_deref(), promised.then_some(bytes), "the damaged file is kept as it was");
    assert!(disk.names().iter().all(|name| !name.to_string_lossy().contains(".new")));
}

/// Byte offsets at which lines end, the header's first.
fn ends(bytes: &[u8]) -> Vec<usize> {
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect()
}

#[test]
fn a_session_cut_at_any_byte_opens_to_its_last_whole_line() {
    let (_, entries) = session(30);
    let bytes = file_of(&entries);
    let ends = ends(&bytes);
    assert_eq!(ends.len(), 31);
    for cut in 0..=bytes.len() {
        // Without its line feed a header is a header still.
        if cut < ends[0] - 1 {
            let (_, shared) = disk_with(&bytes[..cut]);
            let refused = open(&shared, Path::new(PATH), NOW).unwrap_err();
            assert!(matches!(refused, StoreError::NotASession { .. }), "{refused}");
            continue;
        }
        let whole = ends[1..].iter().filter(|end| **end <= cut).count();
        let edge = ends.iter().any(|end| end.abs_diff(cut) < 2);
        survive(&bytes[..cut], &entries, whole, edge || cut % 97 == 0);
    }
}

/// A long session, cut at every byte of its end: 1,500 bytes here, `PLANTERN_CUT_BYTES=65536` by hand.
#[test]
fn a_long_session_cut_at_any_byte_of_its_end_opens_to_its_last_whole_line() {
    let most = std::env::var("PLANTERN_CUT_BYTES").ok().and_then(|most| most.parse().ok()).unwrap_or(1500);
    let (_, entries) = session(600);
    let bytes = file_of(&entries);
    let ends = ends(&bytes);
    assert!(most < bytes.len(), "the session has only {} bytes", bytes.len());
    for cut in bytes.len() - most..=bytes.len() {
        let whole = ends[1..].iter().filter(|end| **end <= cut).count();
        survive(&bytes[..cut], &entries, whole, cut % 911 == 0);
    }
}

#[test]
fn zeros_at_the_end_are_cut_off() {
    let (_, entries) = session(8);
    let mut bytes = file_of(&entries);
    bytes.extend([0; 1206]);
    survive(&bytes, &entries, 8, true);
}

#[test]
fn a_flipped_bit_costs_its_line_and_those_behind_and_nothing_else() {
    let (_, entries) = session(30);
    let bytes = file_of(&entries);
    let ends = ends(&bytes);
    let step = 1 + bytes.len() * 8 / 1500;
    for bit in (ends[0] * 8..bytes.len() * 8).step_by(step) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let whole = ends[1..].iter().filter(|end| **end <= bit / 8).count();
        survive(&flipped, &entries, whole, bit % 11 == 0);
    }
}

#[test]
fn the_lines_behind_a_damaged_one_can_still_be_read() {
    let (_, entries) = session(30);
    let mut bytes = file_of(&entries);
    let ends = ends(&bytes);
    bytes[ends[9] + 20] ^= 4;
    let (_, shared) = disk_with(&bytes);
    let opened = open(&shared, Path::new(PATH), NOW).unwrap();
    let warning = opened.warning.unwrap();
    assert!(warning.contains("line 11 at byte"), "{warning}");
    assert!(warning.contains("(20 lines behind it whole: `plantern salvage` prints them)"), "{warning}");
    let later = crate::session::line::after_the_damage(&bytes);
    let numbers: Vec<usize> = later.iter().map(|(line, _)| *line).collect();
    assert_eq!(numbers, (12..=31).collect::<Vec<_>>());
    assert_eq!(later.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>(), entries[10..]);
}

#[test]
fn a_damaged_header_costs_nothing_but_itself() {
    let (_, entries) = session(9);
    let bytes = file_of(&entries);
    for bit in 0..ends(&bytes)[0] * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let (disk, shared) = disk_with(&flipped);
        let opened = match open(&shared, Path::new(PATH), NOW) {
            Ok(opened) => opened,
            // The number of the format became a greater one.
            Err(StoreError::Newer { found, .. }) => {
                assert!(1 < found);
                continue;
            }
            Err(other) => panic!("{other}"),
        };
        assert_eq!(opened.journal.entries(), entries, "bit {bit}");
        let mut journal = opened.journal;
        let next = go_on(&mut journal);
        let (writer, _said) = writer(opened.claim.unwrap());
        writer.append(vec![next]);
        writer.close(LONG).unwrap();
        let again = read(&shared, Path::new(PATH)).unwrap();
        assert_eq!((again.journal.len(), again.warning), (10, None), "bit {bit}");
        if opened.warning.is_some() {
            assert_eq!(opened.header.title, TITLE, "the title of the first event");
            assert_eq!(disk.bytes(KEPT).unwrap(), flipped);
        }
    }
}

#[test]
fn a_damaged_header_and_a_cut_tail_are_both_said() {
    let (_, entries) = session(9);
    let mut bytes = file_of(&entries);
    bytes[0] = b'x';
    bytes.truncate(bytes.len() - 3);
    let (_, shared) = disk_with(&bytes);
    let opened = open(&shared, Path::new(PATH), NOW).unwrap();
    assert_eq!(opened.journal.entries(), entries[..8]);
    let warning = opened.warning.unwrap();
    let start = "the header was damaged and is made anew; opened to its last good line: line 10 at byte ";
    assert!(warning.starts_with(start), "{warning}");
}
