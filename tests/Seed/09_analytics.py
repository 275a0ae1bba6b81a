# Get usage over time
analytics = requests.get(
    "https://api.skillboss.co/v1/agents/analytics",
    headers=headers,
    params={
        "start_date": "2026-02-01",
        "end_date": "2026-02-25",
        "group_by": "day"
    }
).json()
# Analyze trends
import pandas as pd
df = pd.DataFrame(analytics['usage_by_day'])
print(f"Average daily cost: ${df['cost'].mean():.2f}")
print(f"Peak day: {df.loc[df['cost'].idxmax(), 'date']} (${df['cost'].max():.2f})")
print(f"Cheapest day: {df.loc[df['cost'].idxmin(), 'date']} (${df['cost'].min():.2f})")
