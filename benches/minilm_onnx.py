"""Sentences a second of MiniLM in onnxruntime, for `cargo bench --bench embed`.

usage: minilm_onnx.py MODEL_FOLDER THREADS < sentences    (needs onnx, onnxruntime, tokenizers, safetensors, numpy)

Builds the graph from the same safetensors file out of onnxruntime's own fused operators (Attention,
SkipLayerNormalization, BiasGelu), which is what its optimiser makes of an exported model. Prints one JSON object: the
seconds for all sentences one by one, the seconds for them as one batch, both the best of some runs with tokenizing
included, and the first numbers of the first vector, so that the caller sees that both computed the same.
"""

import json
import sys
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file
from tokenizers import Tokenizer

HEADS, LAYERS, EPSILON = 12, 6, 1e-12
RUNS = 5


def graph(folder):
    weights = load_file(f"{folder}/model.safetensors")
    weights = {name.removeprefix("bert."): value.astype(np.float32) for name, value in weights.items()}
    nodes, constants = [], {}

    def constant(name, value):
        constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def node(kind, inputs, name, domain="", **attributes):
        nodes.append(helper.make_node(kind, inputs, [name], domain=domain, **attributes))
        return name

    def norm(before):
        return constant(before + ".weight", weights[before + ".weight"]), constant(before + ".bias", weights[before + ".bias"])

    words = node("Gather", [constant("words", weights["embeddings.word_embeddings.weight"]), "ids"], "word")
    places = node("Gather", [constant("places", weights["embeddings.position_embeddings.weight"]), "positions"], "place")
    kind = constant("kind", weights["embeddings.token_type_embeddings.weight"][0])
    summed = node("Add", [node("Add", [words, places], "both"), kind], "summed")
    hidden = node("LayerNormalization", [summed, *norm("embeddings.LayerNorm")], "hidden", epsilon=EPSILON)
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}."
        three = [at + f"attention.self.{part}" for part in ("query", "key", "value")]
        matrix = constant(at + "qkv", np.concatenate([weights[part + ".weight"].T for part in three], axis=1))
        bias = constant(at + "qkv.bias", np.concatenate([weights[part + ".bias"] for part in three]))
        attended = node("Attention", [hidden, matrix, bias, "mask"], at + "attended", "com.microsoft", num_heads=HEADS)

        def close(inner, before, skip, name):
            product = node("MatMul", [inner, constant(name + ".w", weights[before + ".dense.weight"].T)], name + ".product")
            inputs = [product, skip, *norm(before + ".LayerNorm"), constant(name + ".b", weights[before + ".dense.bias"])]
            return node("SkipLayerNormalization", inputs, name, "com.microsoft", epsilon=EPSILON)

        middle = close(attended, at + "attention.output", hidden, at + "middle")
        wide = node("MatMul", [middle, constant(at + "up", weights[at + "intermediate.dense.weight"].T)], at + "wide")
        bent = node("BiasGelu", [wide, constant(at + "up.b", weights[at + "intermediate.dense.bias"])], at + "bent", "com.microsoft")
        hidden = close(bent, at + "output", middle, at + "hidden")
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "length"]),
        helper.make_tensor_value_info("positions", TensorProto.INT64, ["length"]),
        helper.make_tensor_value_info("mask", TensorProto.INT32, ["batch", "length"]),
    ]
    outputs = [helper.make_tensor_value_info(hidden, TensorProto.FLOAT, ["batch", "length", 384])]
    body = helper.make_graph(nodes, "minilm", inputs, outputs, list(constants.values()))
    domains = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(body, opset_imports=domains, ir_version=9)


def main():
    folder, threads = sys.argv[1], int(sys.argv[2])
    sentences = sys.stdin.read().splitlines()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    model = graph(folder)
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    tokenizer.enable_truncation(256)
    tokenizer.enable_padding(length=None)

    def embed(texts):
        encoded = tokenizer.encode_batch(texts)
        ids = np.array([one.ids for one in encoded])
        mask = np.array([one.attention_mask for one in encoded], dtype=np.int32)
        hidden = session.run(None, {"ids": ids, "positions": np.arange(ids.shape[1]), "mask": mask})[0]
        mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def best(work):
        work()
        times = []
        for _ in range(RUNS):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        return min(times)

    singly = best(lambda: [embed([text]) for text in sentences])
    ordered = sorted(sentences, key=len)
    together = min(best(lambda: embed(sentences)), best(lambda: [embed(ordered[at : at + 16]) for at in range(0, len(ordered), 16)]))
    first = embed(sentences[:1])[0][:4].tolist()
    print(json.dumps({"singly": singly, "together": together, "first": first}))


main()
