# Parent creates child agents with sub-budgets
children = [
    {"name": "ResearchAgent", "monthly_budget": 100.00},
    {"name": "ContentAgent", "monthly_budget": 200.00},
    {"name": "MarketingAgent", "monthly_budget": 150.00}
]
for child in children:
    response = requests.post(
        "https://api.skillboss.co/v1/agents/create-child",
        headers={"Authorization": f"Bearer {PARENT_API_KEY}"},
        json={
            "child_name": child["name"],
            "monthly_budget": child["monthly_budget"],
            "budget_overrun_policy": "block" # or "alert"
        }
    )
    child["api_key"] = response.json()["api_key"]
# Parent monitors all children
children_usage = requests.get(
    "https://api.skillboss.co/v1/agents/children/usage",
    headers={"Authorization": f"Bearer {PARENT_API_KEY}"}
).json()
print(f"""
Total Budget: ${sum(c['monthly_budget'] for c in children)}
Total Spent: ${sum(c['spent'] for c in children_usage['children'])}
Child Breakdown:
""")
for child in children_usage['children']:
    percent = (child['spent'] / child['budget']) * 100
    print(f" {child['name']}: ${child['spent']:.2f} / ${child['budget']:.2f} ({percent:.0f}%)")
