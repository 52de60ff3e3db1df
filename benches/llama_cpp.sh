#!/bin/sh
# Measures Plantern beside llama.cpp: same model file, same threads, same machine, one after the other.
#
#   benches/llama_cpp.sh [FOLDER [CASES.jsonl…]]
#
# FOLDER keeps what is built (llama.cpp twice, once for this machine and once for AVX2: about 20 minutes on two cores, the first
# time only); without one it lies under the folder for temporary files. CASES are plans as `plantern import` makes them.
#
# It needs cargo, a C and C++ compiler, and Python with pip and venv. The source of llama.cpp, cmake and ninja come from Python's
# package index. Variables: PLANTERN_TEST_GGUF names another model file, LLAMA_CPP_PYTHON another version, and WITH is put before
# each measured command (WITH="taskset -c 0,1").
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-${TMPDIR:-/tmp}/plantern-llama}
[ $# -eq 0 ] || shift
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
# A bench runs in the folder of the crate, so paths have to be whole.
for cases in "$@"; do
    [ -f "$cases" ] || { echo "there is no file of cases $cases" >&2; exit 2; }
    shift
    set -- "$@" "$(cd "$(dirname "$cases")" && pwd)/$(basename "$cases")"
done
version=${LLAMA_CPP_PYTHON:-0.3.36}
threads=$(getconf _NPROCESSORS_ONLN)
model=${PLANTERN_TEST_GGUF:-$HOME/.cache/plantern/models/SmolLM2-135M-Instruct.Q4_1.gguf}
if [ ! -f "$model" ]; then
    echo "there is no model $model: \`cargo run --release -- models pull smollm2\`, or name one with PLANTERN_TEST_GGUF" >&2
    exit 3
fi
model=$(cd "$(dirname "$model")" && pwd)/$(basename "$model")
export PLANTERN_TEST_GGUF="$model"
unset PLANTERN_KERNELS
case $(uname -m) in
x86_64 | amd64) builds="native avx2" ;;
*) builds="native" ;;
esac

# What is built under a name; llama-perplexity is for tests/data/reference/README.md.
tools() {
    case $1 in
    native) echo llama-bench llama-server llama-perplexity ;;
    avx2) echo llama-bench ;;
    esac
}

for name in $builds; do
    built=yes
    for tool in $(tools "$name"); do
        [ -x "$folder/$name/bin/$tool" ] || built=no
    done
    [ $built = no ] || continue
    if [ ! -d "$folder/llama_cpp_python-$version/vendor/llama.cpp" ] || [ ! -x "$folder/venv/bin/ninja" ]; then
        python3 -m venv "$folder/venv"
        "$folder/venv/bin/pip" install --quiet cmake ninja scikit-build-core
        # pip looks into the package with the tools that are installed, and builds nothing.
        PATH="$folder/venv/bin:$PATH" "$folder/venv/bin/pip" download --quiet --no-deps --no-build-isolation \
            --no-binary llama-cpp-python --dest "$folder" "llama-cpp-python==$version"
        tar xf "$folder/llama_cpp_python-$version.tar.gz" -C "$folder"
    fi
    case $name in
    native) options="-DGGML_NATIVE=ON" ;;
    avx2) options="-DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON -DLLAMA_BUILD_SERVER=OFF" ;;
    esac
    # shellcheck disable=SC2086 # several words each
    (
        PATH="$folder/venv/bin:$PATH"
        cmake -S "$folder/llama_cpp_python-$version/vendor/llama.cpp" -B "$folder/$name" -G Ninja \
            -DCMAKE_BUILD_TYPE=Release -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF \
            -DLLAMA_BUILD_EXAMPLES=OFF -DBUILD_SHARED_LIBS=OFF $options
        ninja -C "$folder/$name" $(tools "$name")
    )
done

cd "$root"
cargo bench --bench lane --bench plan --no-run
for name in $builds; do
    echo "== llama.cpp, $name"
    ${WITH:-} "$folder/$name/bin/llama-bench" -m "$model" -t "$threads" -p 32,128,512,1024 -n 0 -r 3 -o md
    ${WITH:-} "$folder/$name/bin/llama-bench" -m "$model" -t "$threads" -p 0 -n 32 -d 0,512,1024 -r 3 -o md
    echo "== Plantern, $name"
    case $name in
    native) ${WITH:-} cargo bench --bench lane ;;
    *) PLANTERN_KERNELS=$name ${WITH:-} cargo bench --bench lane ;;
    esac
done
echo "== whole plans"
LLAMA_SERVER="$folder/native/bin/llama-server" ${WITH:-} cargo bench --bench plan -- "$@"
