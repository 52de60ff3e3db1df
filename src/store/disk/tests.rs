//! Both disks keep the same promises.

use super::{simulated::SimulatedDisk, *};
use std::io::ErrorKind;

fn keeps_its_promises(disk: &dyn Disk, root: &Path) {
    let (a, b) = (root.join("a"), root.join("b"));
    let kind = |done: io::Result<Look>| done.map_err(|error| error.kind());
    disk.make_folder(root).unwrap();
    assert_eq!(kind(disk.look(&a)), Err(ErrorKind::NotFound));
    assert_eq!(disk.open(&a).err().map(|error| error.kind()), Some(ErrorKind::NotFound));

    let mut file = disk.create(&a).unwrap();
    assert_eq!(disk.create(&a).err().map(|error| error.kind()), Some(ErrorKind::AlreadyExists));
    file.append(b"hello world").unwrap();
    file.cut(5).unwrap();
    file.append(b"!").unwrap();
    file.sync().unwrap();
    assert_eq!(disk.read(&a, 0, 100).unwrap(), b"hello!");
    assert_eq!(disk.read(&a, 1, 3).unwrap(), b"ell");
    assert_eq!(disk.read(&a, 99, 3).unwrap(), b"");
    disk.open(&a).unwrap().append(b"!").unwrap();
    let look = disk.look(&a).unwrap();
    assert_eq!((look.not_a_file, look.length), (None, 7));

    disk.create(&b).unwrap();
    disk.rename(&a, &b).unwrap();
    assert_eq!(
        disk.look(&b).unwrap().identity,
        look.identity,
        "a file keeps its identity under another name"
    );
    assert_eq!(disk.list(root).unwrap(), std::slice::from_ref(&b));
    disk.sync_folder(root).unwrap();

    let lock = disk.lock(&b, "me").unwrap().expect("nobody else has it");
    assert!(disk.lock(&b, "you").unwrap().is_none(), "one owner at a time");
    drop(lock);
    assert!(disk.lock(&b, "you").unwrap().is_some(), "given back when dropped");
    assert_eq!(disk.resolve(&b).unwrap().file_name(), b.file_name());
    disk.remove(&b).unwrap();
    assert_eq!(disk.list(root).unwrap(), [] as [PathBuf; 0]);
}

#[test]
fn the_real_disk_keeps_its_promises() {
    let folder = tempfile::tempdir().unwrap();
    keeps_its_promises(&RealDisk, &folder.path().join("new/below"));
}

#[test]
fn the_simulated_disk_keeps_them_too() {
    keeps_its_promises(&SimulatedDisk::default(), Path::new("/s"));
}

#[test]
fn a_failed_sync_loses_what_it_should_have_written() {
    use simulated::{Cut, Fault};
    let disk = SimulatedDisk::default();
    let mut file = disk.create(Path::new("/s/a")).unwrap();
    disk.sync_folder(Path::new("/s")).unwrap();
    file.append(b"one").unwrap();
    file.sync().unwrap();
    file.append(b"two").unwrap();
    disk.fail(0, 1, Fault::Error(ErrorKind::Other));
    assert!(file.sync().is_err());
    file.append(b"three").unwrap();
    file.sync().unwrap();
    assert_eq!(disk.bytes("/s/a").unwrap(), b"onetwothree");
    assert_eq!(disk.after_power_cut(Cut::Nothing).bytes("/s/a").unwrap(), b"one\0\0\0three");
}

#[cfg(unix)]
#[test]
fn what_is_made_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = tempfile::tempdir().unwrap();
    let (below, file) = (folder.path().join("x/y"), folder.path().join("x/y/z"));
    RealDisk.make_folder(&below).unwrap();
    drop(RealDisk.create(&file).unwrap());
    let lock = RealDisk.lock(&file, "note").unwrap();
    assert_eq!((mode(&below), mode(&file), mode(&lock_path(&file))), (0o700, 0o600, 0o600));
    drop(lock);
    assert!(!lock_path(&file).exists(), "no litter");
}
