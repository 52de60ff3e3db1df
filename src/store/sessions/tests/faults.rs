//! A scripted session on a disk whose n-th call fails, for every n and every kind of failure; and with the power cut
//! at every acknowledgement.

use super::*;
use crate::store::disk::simulated::{Cut, Fault};
use std::{
    io::ErrorKind,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

const FAULTS: [Fault; 6] = [
    Fault::Error(ErrorKind::StorageFull),
    Fault::Error(ErrorKind::Other),
    Fault::Error(ErrorKind::ReadOnlyFilesystem),
    Fault::Error(ErrorKind::QuotaExceeded),
    Fault::Error(ErrorKind::PermissionDenied),
    Fault::ShortWrite,
];

const CUTS: [Cut; 3] = [Cut::Nothing, Cut::Zeros, Cut::Everything];

/// Hears what is acknowledged, and looks at the disk at that moment as a power cut would leave it.
struct Witness {
    disk: SimulatedDisk,
    path: Mutex<Option<PathBuf>>,
    entries: Vec<Entry>,
    /// Entries of the file before the writer began.
    first: usize,
    saved: AtomicUsize,
    troubles: AtomicUsize,
}

impl Witness {
    fn hear(&self, saving: Saving) {
        match saving {
            Saving::Made(path) => *self.path.lock().unwrap() = Some(path),
            Saving::Trouble { .. } => drop(self.troubles.fetch_add(1, Ordering::SeqCst)),
            Saving::Saved { entries } => {
                self.saved.store(entries as usize, Ordering::SeqCst);
                self.holds(self.first + entries as usize);
            }
        }
    }

    /// Whatever the power cut leaves, these entries are there.
    fn holds(&self, acknowledged: usize) {
        let path = self.path.lock().unwrap().clone().expect("made before saved");
        for cut in CUTS {
            let after: Arc<dyn Disk> = Arc::new(self.disk.after_power_cut(cut));
            let opened = open(&after, &path, NOW).unwrap_or_else(|error| panic!("{cut:?}: {error}"));
            let there = opened.journal.entries();
            assert!(acknowledged <= there.len(), "{cut:?}: {acknowledged} safe, {} there", there.len());
            assert_eq!(there, self.entries[..there.len()], "{cut:?}");
        }
    }
}

/// Runs the session from a new file or, when `damaged`, from one that needs repair. Gives the number of disk calls.
fn run(entries: &[Entry], damaged: bool, at: usize, times: usize, fault: Fault) -> usize {
    let disk = SimulatedDisk::default();
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let old = PathBuf::from("/s/old.jsonl");
    let mut torn = file_of(&entries[..5]);
    torn.truncate(torn.len() - 7);
    disk.put(&old, &torn);

    let first = if damaged { 4 } else { 0 };
    let witness = Arc::new(Witness {
        disk: disk.clone(),
        path: Mutex::new(damaged.then(|| old.clone())),
        entries: entries.to_vec(),
        first,
        saved: AtomicUsize::new(0),
        troubles: AtomicUsize::new(0),
    });
    // The writer's word is waited for, so that every run makes the same calls.
    let (told, tells) = mpsc::channel();
    let hear = {
        let witness = Arc::clone(&witness);
        move |saving: Saving| {
            let made = matches!(saving, Saving::Made(_));
            witness.hear(saving);
            if !made {
                told.send(()).unwrap_or_default();
            }
        }
    };
    let claim = damaged.then(|| open(&shared, &old, NOW).unwrap().claim.unwrap());
    disk.fail(at, times, fault);
    let (writer, start) = match claim {
        Some(claim) => (SessionWriter::start(claim, hear), first),
        None => {
            let begun = entries[..3].to_vec();
            let writer = SessionWriter::create(shared.clone(), "/s".into(), "x".into(), begun, NOW, hear);
            tells.recv_timeout(LONG).unwrap();
            (writer, 3)
        }
    };
    for batch in entries[start..].chunks(2) {
        writer.append(batch.to_vec());
        tells.recv_timeout(LONG).unwrap();
    }
    let calls = disk.heal();
    writer.retry();
    tells.recv_timeout(LONG).unwrap();
    writer.close(LONG).unwrap();

    assert_eq!(witness.saved.load(Ordering::SeqCst), entries.len() - first, "all is saved in the end");
    let troubles = witness.troubles.load(Ordering::SeqCst);
    assert!(troubles == 0 || at < calls, "a trouble without a failure");
    let path = witness.path.lock().unwrap().clone().unwrap();
    let after = read(&shared, &path).unwrap();
    assert_eq!((after.journal.entries(), after.warning), (entries.to_vec(), None));
    if damaged {
        let names = disk.names();
        let mut kept = names.iter().filter(|name| name.to_string_lossy().contains(".damaged-"));
        let whole = kept.any(|name| disk.bytes(name).as_ref() == Some(&torn));
        assert!(whole, "nothing of the damaged file is lost");
    }
    calls
}

#[test]
fn whichever_call_fails_nothing_acknowledged_is_lost_and_work_goes_on() {
    let (_, entries) = session(12);
    for damaged in [false, true] {
        let calls = run(&entries, damaged, usize::MAX / 2, 1, Fault::ShortWrite);
        assert!(20 < calls, "{calls} calls are too few for a test");
        for at in 0..calls {
            for fault in FAULTS {
                for times in [1, 3, usize::MAX / 2] {
                    run(&entries, damaged, at, times, fault);
                }
            }
        }
    }
}

#[test]
fn a_folder_that_can_not_be_written_is_read() {
    let (_, entries) = session(6);
    let disk = SimulatedDisk::default();
    disk.put("/s/x.jsonl", &file_of(&entries));
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut read_only = 0;
    for at in 0..6 {
        disk.fail(at, 1, Fault::Error(ErrorKind::ReadOnlyFilesystem));
        match open(&shared, Path::new("/s/x.jsonl"), NOW) {
            Ok(opened) => {
                assert_eq!(opened.journal.entries(), entries);
                assert_eq!(opened.read_only.is_none(), opened.claim.is_some());
                let why = opened.read_only.unwrap_or_default();
                read_only += usize::from(why.contains("that disk is read-only: save to another folder"));
            }
            Err(error) => assert!(matches!(error, StoreError::Io { .. }), "{error}"),
        }
    }
    assert_eq!(read_only, 2, "when the lock or the file can not be written");
}

#[test]
fn save_as_is_whole_or_not_at_all() {
    let (_, entries) = session(6);
    let path = Path::new("/s/x.jsonl");
    for at in 0.. {
        for fault in FAULTS {
            let disk = SimulatedDisk::default();
            disk.put(path, &file_of(&entries[..3]));
            let shared: Arc<dyn Disk> = Arc::new(disk.clone());
            disk.fail(at, 1, fault);
            let done = save_as(&shared, path, "t", &entries, NOW);
            let calls = disk.heal();
            for cut in CUTS {
                let after: Arc<dyn Disk> = Arc::new(disk.after_power_cut(cut));
                let there = read(&after, path).unwrap().journal.entries();
                let whole = there == entries || done.is_err() && there == entries[..3];
                assert!(whole, "call {at}, {fault:?}, {cut:?}: {} entries", there.len());
            }
            assert_eq!(done.is_ok(), calls <= at, "call {at}, {fault:?}");
            if calls <= at {
                return;
            }
        }
    }
}
