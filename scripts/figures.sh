# Figures of benches: what the rounds leave in $BENCH_FIGURES, a file for each figure with a number a line, and tables of them. Sourced.
note() { echo "$2" >> "$BENCH_FIGURES/$1"; }
sorted() { sort -g "$BENCH_FIGURES/$1"; }
median() { sorted "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
range() { sorted "$1" | awk 'NR == 1 { low = $1 } END { print low " – " $1 }'; }

# ratio TEXT FIGURE BASE WANTED: FIGURE as a multiple of BASE must be at least WANTED.
ratio() { awk -v a="$(median "$2")" -v b="$(median "$3")" -v w="$4" -v t="$1" 'BEGIN { r = a / b; printf("| %s | %.2f | ≥ %s | %s |\n", t, r, w, (r >= w ? "PASS" : "short")) }'; }

# What it was measured on.
machine() { echo "$(nproc) cores of $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GB"; }
versions() {
  echo ".NET $(dotnet --version), Orleans $(sed -n 's/.*"Microsoft.Orleans.Server" Version="\([^"]*\)".*/\1/p' Directory.Packages.props), $(wrk -v 2>&1 | awk 'NR == 1 { print $1, $2 }')"
}
