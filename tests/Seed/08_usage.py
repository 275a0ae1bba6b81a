# Check current usage
usage = requests.get(
    "https://api.skillboss.co/v1/agents/usage",
    headers=headers,
    params={"period": "today"}
).json()
print(f"""
Today's Usage:
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
Spent: ${usage['amount_spent']:.2f}
Daily limit: ${usage['daily_limit']:.2f}
Remaining: ${usage['amount_remaining']:.2f}
Operations: {usage['operation_count']}
Top Models:
1. {usage['top_models'][0]['model']} - ${usage['top_models'][0]['cost']:.2f}
2. {usage['top_models'][1]['model']} - ${usage['top_models'][1]['cost']:.2f}
3. {usage['top_models'][2]['model']} - ${usage['top_models'][2]['cost']:.2f}
Optimization Opportunity:
{usage['optimization_suggestion']}
""")
