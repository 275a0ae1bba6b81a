# Instead of 100 separate API calls
for item in items:
    result = process_single(item) # 100 API calls
# Batch into 10 calls of 10 items each
for batch in chunks(items, size=10):
    results = process_batch(batch) # 10 API calls
# Cost savings: 90% reduction in API overhead
