#!/bin/sh
# Builds llama.cpp twice, once for this machine and once for AVX2, from the source package of llama-cpp-python, and runs the
# benches of the lane beside it. Usage: benches/llama_cpp.sh [FOLDER FOR THE BUILD] [CASES.jsonl…]
# Needs git-free tools only: cargo, a C++ compiler, Python with pip. PLANTERN_TEST_GGUF names another model file; WITH is put
# before each measured command (taskset, nice).
set -eu
folder=${1:-${TMPDIR:-/tmp}/plantern-llama}
[ $# -gt 0 ] && shift
model=${PLANTERN_TEST_GGUF:-$HOME/.cache/plantern/models/SmolLM2-135M-Instruct.Q4_1.gguf}
threads=$(getconf _NPROCESSORS_ONLN)
mkdir -p "$folder"
if [ ! -x "$folder/avx2/bin/llama-bench" ]; then
    python3 -m venv "$folder/venv"
    . "$folder/venv/bin/activate"
    pip install --quiet cmake ninja scikit-build-core
    (cd "$folder" && pip download --quiet --no-deps --no-build-isolation --no-binary llama-cpp-python llama-cpp-python && tar xf llama_cpp_python-*.tar.gz)
    source=$(echo "$folder"/llama_cpp_python-*/vendor/llama.cpp)
    common="-G Ninja -DCMAKE_BUILD_TYPE=Release -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DBUILD_SHARED_LIBS=OFF"
    cmake -S "$source" -B "$folder/native" $common -DGGML_NATIVE=ON
    cmake -S "$source" -B "$folder/avx2" $common -DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON -DLLAMA_BUILD_SERVER=OFF
    ninja -C "$folder/native" llama-bench llama-server
    ninja -C "$folder/avx2" llama-bench
fi
cd "$(dirname "$0")/.."
cargo bench --bench lane --bench plan --no-run
for level in avx512-vnni:native avx2:avx2; do
    echo "== llama.cpp, ${level#*:}"
    ${WITH:-} "$folder/${level#*:}/bin/llama-bench" -m "$model" -t "$threads" -p 32,128,512,1024 -n 0 -r 3 -o md
    ${WITH:-} "$folder/${level#*:}/bin/llama-bench" -m "$model" -t "$threads" -p 0 -n 32 -d 0,512,1024 -r 3 -o md
    echo "== Plantern, ${level%:*}"
    PLANTERN_KERNELS=${level%:*} ${WITH:-} cargo bench --bench lane
done
echo "== whole plans"
LLAMA_SERVER=$folder/native/bin/llama-server ${WITH:-} cargo bench --bench plan -- "$@"
