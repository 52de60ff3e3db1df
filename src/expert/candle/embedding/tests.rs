//! The real model, where its files are there, against figures of a reference implementation (transformers 5 with
//! torch, f32); and models that are broken.

use super::*;
use crate::expert::candle::vocabulary::real;

fn real() -> Option<Embedder> {
    Some(Embedder::load(&real::path("PLANTERN_TEST_MINILM", "all-MiniLM-L6-v2")?, Level::best()).unwrap())
}

const TEXTS: [&str; 6] = [
    "This is an example sentence",
    "Each sentence is converted",
    "What is 12 times 7?",
    "Multiply twelve by seven.",
    "Who was president when Beyoncé was born? 🎉",
    "",
];

#[test]
fn vectors_are_those_of_the_reference() {
    let Some(mut embedder) = real() else { return };
    let long = "tree ".repeat(400);
    let texts: Vec<&str> = TEXTS.into_iter().chain([long.as_str()]).collect();
    let starts = [
        [0.067657, 0.063496, 0.048713, 0.079305],
        [0.086439, 0.102763, 0.005394, 0.002044],
        [-0.00672, 0.031743, -0.051492, 0.021244],
        [0.046274, 0.079783, -0.055316, -0.03103],
        [-0.03236, 0.004247, 0.00011, 0.050676],
        [-0.118838, 0.048299, -0.002548, -0.011011],
        [0.021686, -0.006228, -0.025684, -0.034484],
    ];
    let vectors = embedder.embed(&texts).unwrap();
    for ((vector, start), text) in vectors.iter().zip(starts).zip(&texts) {
        assert_eq!(vector.len(), 384);
        assert!((rows::dot(vector, vector) - 1.0).abs() < 1e-5);
        for (x, expected) in vector.iter().zip(start) {
            assert!((x - expected).abs() < 1e-4, "{text:?}: {x}, not {expected}");
        }
    }
    let cosines = [0.404_559, 0.264_844, 0.167_345, 0.150_408, 0.228_252, 0.160_355];
    for (cosine, expected) in embedder.similar(texts[0], &texts[1..]).unwrap().into_iter().zip(cosines) {
        assert!((cosine - expected).abs() < 1e-4, "{cosine}, not {expected}");
    }
}

#[test]
fn a_text_has_one_vector_alone_or_in_company() {
    let Some(mut embedder) = real() else { return };
    let together = embedder.embed(&TEXTS).unwrap();
    embedder.known.clear();
    for (text, expected) in TEXTS.iter().zip(&together) {
        let alone = embedder.embed(&[text]).unwrap();
        assert!((rows::dot(&alone[0], expected) - 1.0).abs() < 1e-5, "{text:?}");
        assert_eq!(embedder.embed(&[text, text]).unwrap(), [alone[0].clone(), alone[0].clone()]);
    }
    assert_eq!(embedder.embed(&[]).unwrap(), Vec::<Vec<f32>>::new());
}

#[test]
fn a_model_that_can_not_be_loaded_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let check = |expected: &str| {
        let error = Embedder::load(folder.path(), Level::best()).err().unwrap().to_string();
        assert!(error.contains(expected) && error.contains(&folder.path().display().to_string()), "{error}");
    };
    let put = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
    check("config.json: ");
    put("config.json", b"{}");
    check("config.json: missing field");
    let configuration = |heads: usize, act: &str| {
        format!(
            r#"{{"hidden_size":16,"num_hidden_layers":9000000000,"num_attention_heads":{heads},"intermediate_size":32,
            "max_position_embeddings":8,"hidden_act":"{act}"}}"#
        )
    };
    put("config.json", configuration(2, "gelu").as_bytes());
    assert_eq!(about(folder.path()), Ok("9000000000 layers, 16 numbers a text".to_owned()));
    check("model.safetensors: ");
    put("model.safetensors", b"\x02\0\0\0\0\0\0\0{}");
    check("word_embeddings.weight\" is missing");
    put("config.json", configuration(3, "gelu").as_bytes());
    check("3 heads do not share a width of 16");
    put("config.json", configuration(2, "swish").as_bytes());
    check("activation is \"swish\"");
    assert!(about(folder.path()).unwrap_err().to_string().contains("activation is \"swish\""));
}
