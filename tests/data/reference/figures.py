"""Figures of a model that owe nothing to Plantern: logits, perplexity and greedy tokens, in full precision.

Reads a GGUF of the llama architecture with the package `gguf`, widens every weight to f32 and computes with numpy.

    pip install numpy gguf tokenizers
    python3 tests/data/reference/figures.py SmolLM2-135M-Instruct.Q4_1.gguf > tests/data/reference/smollm2-135m-q4_1.json

`tests/it/reference.rs` compares the lane with the file. Takes about two minutes on two cores.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize

from vocabulary import tokenizer

HERE = Path(__file__).parent
GREEDY_TOKENS = 16
LOGIT_PROMPTS = [
    "The capital of France is",
    "def fibonacci(n):\n    ",
    "Once upon a time, in a small village by the sea, there lived",
    "Question: What is 12 + 7?\nAnswer:",
    "日本の首都は",
]
GREEDY_PROMPTS = [
    "The capital of Italy is", "Water boils at a temperature of", "The opposite of hot is",
    "Monday, Tuesday, Wednesday,", "1, 2, 3, 4, 5,", "The sun rises in the", "My favourite food is",
    "In 1969, people first walked on", "The largest planet of the solar system is",
    "To make tea, first", "A triangle has three", "Roses are red, violets are",
    "The author of Hamlet is", "import numpy as", "if x > 0:\n    return", "Dear Sir or Madam,",
    "The letters of the word cat are", "Question: Is the sky blue?\nAnswer:",
    "<|im_start|>user\nName a river.<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nWrite the word lantern backwards.<|im_end|>\n<|im_start|>assistant\n",
]


class Model:
    """A llama in numpy; `forward` continues the sequence that `keys` and `values` hold."""

    def __init__(self, path):
        reader = GGUFReader(path)
        field = lambda key: reader.fields["llama." + key].contents()
        self.heads, self.shared = field("attention.head_count"), field("attention.head_count_kv")
        self.layers, self.width = field("block_count"), field("embedding_length")
        self.epsilon, self.base = field("attention.layer_norm_rms_epsilon"), field("rope.freq_base")
        self.head = self.width // self.heads
        self.weights = {
            tensor.name: dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
            for tensor in reader.tensors
        }
        self.begin()

    def begin(self):
        self.keys, self.values = [None] * self.layers, [None] * self.layers

    def norm(self, x, name):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.epsilon) * self.weights[name + ".weight"]

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T

    def rotate(self, x, first):
        """Neighbouring dimensions turn together, as in files that llama.cpp's converter wrote."""
        rows, _, width = x.shape
        angles = np.outer(np.arange(first, first + rows), self.base ** (-np.arange(0, width, 2) / width))
        cosine, sine = (f(angles).astype(np.float32)[:, None, :] for f in (np.cos, np.sin))
        a, b = x[..., 0::2], x[..., 1::2]
        return np.stack([a * cosine - b * sine, a * sine + b * cosine], -1).reshape(x.shape)

    def attend(self, x, layer):
        rows, name = len(x), f"blk.{layer}.attn_"
        first = 0 if self.keys[layer] is None else len(self.keys[layer])
        query = self.rotate(self.linear(x, name + "q").reshape(rows, self.heads, self.head), first)
        key = self.rotate(self.linear(x, name + "k").reshape(rows, self.shared, self.head), first)
        value = self.linear(x, name + "v").reshape(rows, self.shared, self.head)
        if first:
            key, value = np.concatenate([self.keys[layer], key]), np.concatenate([self.values[layer], value])
        self.keys[layer], self.values[layer] = key, value
        group = self.heads // self.shared
        key, value = np.repeat(key, group, 1), np.repeat(value, group, 1)
        scores = np.einsum("qhd,khd->hqk", query, key) / np.sqrt(np.float32(self.head))
        later = np.arange(len(key))[None, :] > np.arange(first, first + rows)[:, None]
        scores = softmax(np.where(later, -np.inf, scores).astype(np.float32))
        attended = np.einsum("hqk,khd->qhd", scores, value).reshape(rows, -1)
        return self.linear(attended, name + "output")

    def forward(self, tokens):
        x = self.weights["token_embd.weight"][tokens]
        for layer in range(self.layers):
            x = x + self.attend(self.norm(x, f"blk.{layer}.attn_norm"), layer)
            normed = self.norm(x, f"blk.{layer}.ffn_norm")
            gate, up = (self.linear(normed, f"blk.{layer}.ffn_{part}") for part in ("gate", "up"))
            x = x + self.linear(gate / (1 + np.exp(-gate)) * up, f"blk.{layer}.ffn_down")
        x = self.norm(x, "output_norm")
        return x @ self.weights.get("output.weight", self.weights["token_embd.weight"]).T


def softmax(x):
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def surprise(logits, tokens):
    """Minus the log-probability of each token, in nats."""
    logits = logits.astype(np.float64)
    most = logits.max(-1, keepdims=True)
    total = np.log(np.exp(logits - most).sum(-1)) + most[:, 0]
    return total - logits[np.arange(len(tokens)), tokens]


def last_logits(model, ids):
    model.begin()
    logits = model.forward(np.array(ids))[-1]
    shown = sorted(set(np.argsort(-logits)[:24].tolist() + list(range(7, len(logits), 2003))))
    return [[token, round(float(logits[token]), 4)] for token in shown]


def perplexity(model, ids):
    """Over windows of 512 tokens, each judged from its first token on, and, as llama-perplexity does, from its 256th."""
    whole, half = [], []
    for start in range(0, len(ids) - 511, 512):
        window = np.array(ids[start : start + 512])
        model.begin()
        losses = surprise(model.forward(window[:-1]), window[1:])
        whole += losses.tolist()
        half += losses[256:].tolist()
    mean = lambda losses: round(float(np.exp(np.mean(losses))), 4)
    return {"windows": len(ids) // 512, "whole": mean(whole), "second_half": mean(half)}


def greedy(model, ids):
    model.begin()
    tokens, margins = [], []
    logits = model.forward(np.array(ids))[-1]
    while len(tokens) < GREEDY_TOKENS:
        first, second = np.argsort(-logits)[:2]
        tokens.append(int(first))
        margins.append(round(float(logits[first] - logits[second]), 4))
        logits = model.forward(np.array([first]))[-1]
    return tokens, margins


def main(path):
    model, words = Model(path), tokenizer(path)
    encode = lambda text: words.encode(text, add_special_tokens=False).ids
    text = (HERE / "alice.txt").read_text(encoding="utf-8")
    figures = {
        "file": Path(path).name,
        "sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest(),
        "logits": [{"prompt": p, "tokens": encode(p), "logits": last_logits(model, encode(p))} for p in LOGIT_PROMPTS],
        "perplexity": {"text": "alice.txt", **perplexity(model, encode(text))},
        "greedy": [],
    }
    for prompt in GREEDY_PROMPTS:
        tokens, margins = greedy(model, encode(prompt))
        figures["greedy"].append({"prompt": prompt, "tokens": encode(prompt), "answer": tokens, "margins": margins})
    # One line for each prompt: a change shows where it is.
    parts = []
    for key, value in figures.items():
        if isinstance(value, list):
            rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in value)
            parts.append(f'"{key}": [\n  {rows}\n]')
        else:
            parts.append(f'"{key}": {json.dumps(value, ensure_ascii=False)}')
    print("{" + ",\n".join(parts) + "}")


if __name__ == "__main__":
    main(sys.argv[1])
