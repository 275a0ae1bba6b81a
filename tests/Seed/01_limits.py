import requests
headers = {"Authorization": f"Bearer {API_KEY}"}
# Configure budget limits
response = requests.post(
    "https://api.skillboss.co/v1/agents/budget",
    headers=headers,
    json={
        "daily_limit": 25.00, # Max $25/day
        "weekly_limit": 150.00, # Max $150/week
        "monthly_limit": 500.00, # Max $500/month
        "hard_stop": True # Stop all operations when limit hit
    }
)
print(response.json())
# {
# "budget_configured": True,
# "limits_active": {
# "daily": 25.00,
# "weekly": 150.00,
# "monthly": 500.00
# }
# }
