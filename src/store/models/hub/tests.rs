//! Downloads against a curl that is a script, and by hand against a real hub.

use super::super::find;
use super::*;

const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/// A curl that is a shell script: `$to` is the file to write, `$url` what was asked.
fn stage(script: &str) -> (tempfile::TempDir, Places, Hub) {
    let folder = tempfile::tempdir().unwrap();
    let curl = folder.path().join("curl.sh");
    let text = format!(
        "cat > '{0}/config'\nwhile [ \"$1\" != --output ]; do shift; done\nto=\"$2\"; url=\"$3\"\n\
         echo \"$url\" >> '{0}/asked'\n{script}\n",
        folder.path().display()
    );
    fs::write(&curl, text).unwrap();
    let places = Places { folder: folder.path().join("models"), hugging_face: None, pip: vec![] };
    let hub = Hub {
        endpoint: "http://hub.test".into(),
        token: Some("hf_secret".into()),
        curl: vec!["sh".into(), curl.into()],
    };
    (folder, places, hub)
}

fn list(files: &[(&str, &str)]) -> String {
    let entry = |(path, oid): &(&str, &str)| {
        format!(r#"{{"type":"file","path":"{path}","size":5,"lfs":{{"oid":"{oid}","size":5}}}}"#)
    };
    let entries: Vec<String> = files.iter().map(entry).collect();
    let list = entries.join(",");
    format!("case $url in */api/*) printf '%s' '[{list}]' > \"$to\"; exit 0;; esac")
}

#[test]
fn the_one_gguf_of_a_repository_is_fetched_checked_and_found_again() {
    let list = list(&[("README.md", "1"), ("m.gguf", HELLO)]);
    let (folder, places, hub) = stage(&format!("{list}\nprintf hello > \"$to\""));
    let path = pull_from_hub("own/repo", &hub, &places, &mut |_| (), &|| false).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"hello");
    let again = pull_from_hub("own/repo/m.gguf", &hub, &places, &mut |_| (), &|| false).unwrap();
    assert_eq!(again, path);
    for name in ["own/repo", "own/repo/m.gguf", "own--repo--m.gguf"] {
        assert_eq!(find(&places, name).unwrap(), path, "{name}");
    }
    let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
    let expected =
        "http://hub.test/api/models/own/repo/tree/main\nhttp://hub.test/own/repo/resolve/main/m.gguf\n";
    assert_eq!(asked, expected);
    assert!(fs::read_to_string(folder.path().join("config")).unwrap().contains("hf_secret"));
}

/// With the real curl; run by hand with `PLANTERN_TEST_HUB=endpoint owner/repository`.
#[test]
fn a_real_hub_is_asked() {
    let Ok(asked) = std::env::var("PLANTERN_TEST_HUB") else {
        eprintln!("SKIPPED: set PLANTERN_TEST_HUB to an endpoint and a repository");
        return;
    };
    let (endpoint, name) = asked.split_once(' ').unwrap();
    let (_folder, places, _) = stage("");
    let hub = Hub { endpoint: endpoint.into(), ..Hub::of_user() };
    let path = pull_from_hub(name, &hub, &places, &mut |_| (), &|| false).unwrap();
    eprintln!("{} has {} bytes", path.display(), size(&path));
}

#[test]
fn what_the_hub_does_wrong_is_named() {
    let check = |name: &str, script: &str, expected: &str| {
        let (_folder, places, hub) = stage(script);
        let error = pull_from_hub(name, &hub, &places, &mut |_| (), &|| false).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("secret"), "{error}");
        assert!(super::super::list(&places).is_empty());
    };
    let one = list(&[("m.gguf", HELLO)]);
    check("own/repo", &format!("{one}\nprintf jello > \"$to\""), "the hub's list says");
    check("own/repo", &format!("{one}\nprintf hell > \"$to\""), "SHA-256 is");
    check("own/repo/n.gguf", &one, "no such GGUF file");
    check("own/repo", &list(&[("a.gguf", "1"), ("b.gguf", "2")]), "own/repo/a.gguf, own/repo/b.gguf");
    check("own/repo", &list(&[("../../a.gguf", HELLO)]), "no such GGUF file");
    check("own/repo", "printf '<html>' > \"$to\"", "no list");
    check("own/repo", "echo 'curl: (22) error: 404' >&2; exit 22", "error: 404");
    check("own/repo", "echo 'curl: (22) error: 401' >&2; exit 22", "the token in HF_TOKEN may not read it");
    check("own", "", "owner/repository");
    check("own/../etc", "", "letters, digits");
}

#[test]
fn a_server_without_byte_ranges_is_asked_for_the_whole_file_again() {
    let list = list(&[("m.gguf", HELLO)]);
    let (_folder, places, hub) = stage(&format!(
        "{list}\nif [ -s \"$to\" ]; then echo 'curl: (33) HTTP server does not seem to support byte ranges' >&2; exit 33; fi\n\
         once=\"$(dirname \"$0\")/once\"\n\
         if [ ! -e \"$once\" ]; then touch \"$once\"; printf he > \"$to\"; echo 'curl: (18) cut' >&2; exit 18; fi\n\
         printf hello > \"$to\""
    ));
    let pull = || pull_from_hub("own/repo", &hub, &places, &mut |_| (), &|| false);
    let cut = pull().unwrap_err().to_string();
    assert!(cut.contains("curl: (18) cut"), "{cut}");
    assert_eq!(fs::read(pull().unwrap()).unwrap(), b"hello");
}
