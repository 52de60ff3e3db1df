"""The tokens of many lines by the package `tokenizers`, with a tokenizer rebuilt from a GGUF file.

The words and merges come from the file; the way text is cut (digits apart, then byte-level BPE) is that of the
published tokenizer.json of SmolLM2.

    pip install gguf tokenizers
    python3 tests/data/reference/vocabulary.py MODEL.gguf LINES.txt > tokens.jsonl     lines of a file, one row each
    PLANTERN_TEST_TOKENS=tokens.jsonl cargo test --test it reference -- --nocapture

`tokens.jsonl` beside this file is a pinned sample made in the same way. A line that the vocabulary can not write (some
control bytes have no token) is left out.
"""

import json
import sys

from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers


def tokenizer(path):
    reader = GGUFReader(path)
    field = lambda key: reader.fields["tokenizer.ggml." + key].contents()
    assert field("model") == "gpt2" and field("pre") == "smollm", "another family: look up how it cuts text"
    words = {word: index for index, word in enumerate(field("tokens"))}
    merges = [tuple(merge.split(" ")) for merge in field("merges")]
    made = Tokenizer(models.BPE(vocab=words, merges=merges))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    made.decoder = decoders.ByteLevel()
    special = [word for word, kind in zip(field("tokens"), field("token_type")) if kind in (3, 4)]
    made.add_special_tokens([AddedToken(word, special=True, normalized=False) for word in special])
    return made


def main(model, lines):
    made = tokenizer(model)
    # Text of a person: special tokens stay text.
    made.encode_special_tokens = True
    left_out = 0
    for line in open(lines, encoding="utf-8", newline="\n"):
        line = line.rstrip("\n")
        ids = made.encode(line, add_special_tokens=False).ids
        if made.decode(ids, skip_special_tokens=False) != line:
            left_out += 1
            continue
        print(json.dumps([line, ids], ensure_ascii=True, separators=(",", ":")))
    print(f"{left_out} lines left out: the vocabulary can not write them", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
