#!/usr/bin/env bash
# Writes the price catalogue anew: scripts/prices.sh [FILE], Grains/Pricing/prices.json unless told otherwise. Nothing changes as long as the
# packages in tests/Peers stay the same. For newer prices: npm install --prefix tests/Peers @pydantic/genai-prices llm-zoo, then this.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh genai-prices
exec node scripts/prices.mjs "${1:-Grains/Pricing/prices.json}"
