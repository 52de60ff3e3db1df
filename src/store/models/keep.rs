//! Puts a model file of the user into the model folder, and takes a model out of it. Used by `plantern models`.

use super::pull::{disk, make_folder};
use super::{ModelError, Phase, Place, Places, Progress, entries, find, is_visible, list, name_of, size};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Copies a GGUF file into the model folder, or links to it with `link`, and gives its place there.
///
/// `check` looks at the very bytes that will stand there and says what is wrong with them; then nothing is left. A name
/// that is taken is refused.
pub fn add(
    path: &Path,
    link: bool,
    places: &Places,
    check: &dyn Fn(&Path) -> Result<(), String>,
    progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf, ModelError> {
    let name = name_of(path);
    let refuse = |why: String| ModelError::Refused { name: path.display().to_string(), why };
    let what = match fs::metadata(path) {
        Ok(found) if found.is_file() => None,
        Ok(found) if found.is_dir() => Some("it is a folder".to_owned()),
        Ok(_) => Some("it is neither a file nor a folder".to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Some("there is no such file".to_owned())
        }
        Err(error) => Some(format!("it can not be read: {error}")),
    };
    if let Some(what) = what {
        return Err(refuse(format!("{what}; give the path of a GGUF file")));
    }
    if !name.to_lowercase().ends_with(".gguf") || name.starts_with('.') {
        return Err(refuse("its name does not end in .gguf, or begins with a dot".to_owned()));
    }
    // Before the copy too: a fault of a large file should not take minutes to find.
    check(path).map_err(refuse)?;
    let target = places.folder.join(&name);
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if same(path, &target) {
        return Err(refuse("it is in the model folder already".to_owned()));
    }
    if fs::symlink_metadata(&target).is_ok() {
        return Err(refuse(format!(
            "{} is there already; remove it, or rename one of them",
            target.display()
        )));
    }
    make_folder(0, places)?;
    if link {
        let whole = path.canonicalize().map_err(|error| disk(0, path, error))?;
        make_link(&whole, &target).map_err(|error| disk(0, &target, error))?;
        return Ok(target);
    }
    let part = places.folder.join(format!(".{name}.{}.part", std::process::id()));
    let copied = copy(path, &part, progress).map_err(|error| disk(size(path), &part, error));
    let kept = copied.and_then(|()| check(&part).map_err(refuse)).and_then(|()| {
        // A hard link refuses a name that was taken meanwhile, a rename would overwrite it.
        let placed = fs::hard_link(&part, &target).or_else(|_| match target.exists() {
            true => Err(std::io::ErrorKind::AlreadyExists.into()),
            false => fs::rename(&part, &target),
        });
        placed.map_err(|error| disk(0, &target, error))
    });
    fs::remove_file(&part).ok();
    kept.map(|()| target)
}

fn copy(from: &Path, to: &Path, progress: &mut dyn FnMut(Progress)) -> std::io::Result<()> {
    let (mut source, mut target) = (File::open(from)?, File::create(to)?);
    let (total, mut done) = (source.metadata()?.len(), 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let got = source.read(&mut buffer)?;
        if got == 0 {
            return target.sync_all();
        }
        target.write_all(&buffer[..got])?;
        done += got as u64;
        progress(Progress { phase: Phase::Unpacking, done, total });
    }
}

#[cfg(unix)]
fn make_link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn make_link(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::hard_link(from, to)
}

/// What `remove` would take away: a file, link or folder in the model folder, never anything outside it.
pub fn removable(name: &str, places: &Places) -> Result<(PathBuf, u64), ModelError> {
    // A link whose file is gone is no model any more, but can be removed by its name.
    let dangling = entries(&places.folder)
        .into_iter()
        .find(|path| name_of(path) == name && is_visible(path) && path.is_symlink() && !path.exists());
    let path = match dangling {
        Some(path) => path,
        None => find(places, name)?,
    };
    let refuse = |why: &str| Err(ModelError::Refused { name: name.to_owned(), why: why.to_owned() });
    if list(places).iter().any(|model| model.place == Place::HuggingFace && model.path == path) {
        return refuse(
            "it belongs to the Hugging Face cache, which other programs use; remove it with their tools",
        );
    }
    let folder = |path: &Path| path.parent().and_then(|folder| folder.canonicalize().ok());
    if folder(&path).is_none() || folder(&path) != places.folder.canonicalize().ok() {
        return refuse("it does not lie in the model folder; remove the file yourself");
    }
    let bytes = if path.is_symlink() { 0 } else { size(&path) };
    Ok((path, bytes))
}

/// Takes away what [`removable`] named. Of a link only the link goes.
pub fn remove(path: &Path) -> Result<(), ModelError> {
    let gone = match path.is_dir() && !path.is_symlink() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
    gone.map_err(|error| disk(0, path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage() -> (tempfile::TempDir, Places, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let places = Places { folder: folder.path().join("models"), hugging_face: None, pip: vec![] };
        let file = folder.path().join("mine.gguf");
        fs::write(&file, b"weights").unwrap();
        (folder, places, file)
    }

    #[test]
    fn a_model_is_copied_or_linked_found_and_removed() {
        for link in [false, true] {
            let (_folder, places, file) = stage();
            let path = add(&file, link, &places, &|_| Ok(()), &mut |_| ()).unwrap();
            assert_eq!((fs::read(&path).unwrap(), path.is_symlink()), (b"weights".to_vec(), link));
            assert_eq!(find(&places, "mine").unwrap(), path);
            let again = add(&file, link, &places, &|_| Ok(()), &mut |_| ()).unwrap_err().to_string();
            assert!(again.contains("already"), "{again}");
            let (found, bytes) = removable("mine", &places).unwrap();
            assert_eq!((&found, bytes), (&path, if link { 0 } else { 7 }));
            remove(&found).unwrap();
            assert!(entries(&places.folder).is_empty() && file.exists());
            assert!(matches!(removable("mine", &places), Err(ModelError::Missing { .. })));
        }
    }

    #[test]
    fn a_link_without_its_file_can_be_removed() {
        let (_folder, places, file) = stage();
        let path = add(&file, true, &places, &|_| Ok(()), &mut |_| ()).unwrap();
        fs::remove_file(file).unwrap();
        remove(&removable("mine.gguf", &places).unwrap().0).unwrap();
        assert!(!path.is_symlink());
    }

    #[test]
    fn what_is_wrong_is_named_and_nothing_is_left() {
        let (folder, places, file) = stage();
        let check = |path: &Path, bad: &dyn Fn(&Path) -> Result<(), String>, expected: &str| {
            let error = add(path, false, &places, bad, &mut |_| ()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(entries(&places.folder).is_empty(), "{expected}");
        };
        check(&file, &|_| Err("bad header".to_owned()), "bad header");
        // The file changes between the look and the copy.
        let part =
            |path: &Path| if name_of(path).ends_with(".part") { Err("changed".to_owned()) } else { Ok(()) };
        check(&file, &part, "changed");
        check(&folder.path().join("none.gguf"), &|_| Ok(()), "no such file");
        check(folder.path(), &|_| Ok(()), "it is a folder; give the path");
        #[cfg(unix)]
        {
            let circle = folder.path().join("circle.gguf");
            std::os::unix::fs::symlink(&circle, &circle).unwrap();
            check(&circle, &|_| Ok(()), "it can not be read: ");
            check(Path::new("/dev/null"), &|_| Ok(()), "neither a file nor a folder");
        }
        let elsewhere = Places { folder: file.clone(), ..places.clone() };
        let (copy, mut silent) = (folder.path().join("copy.gguf"), |_: Progress| ());
        fs::copy(&file, &copy).unwrap();
        let error = add(&copy, false, &elsewhere, &|_| Ok(()), &mut silent).unwrap_err().to_string();
        assert!(error.contains("a file stands where the folder of models should be"), "{error}");
        let text = folder.path().join("notes.txt");
        fs::write(&text, "x").unwrap();
        check(&text, &|_| Ok(()), ".gguf");
        let error = removable(&file.to_string_lossy(), &places).unwrap_err().to_string();
        assert!(error.contains("does not lie in the model folder"), "{error}");
    }
}
