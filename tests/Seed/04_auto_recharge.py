# Enable auto-recharge
requests.post(
    "https://api.skillboss.co/v1/agents/auto-recharge",
    headers=headers,
    json={
        "enabled": True,
        "trigger_threshold": 10.00, # Recharge when balance < $10
        "recharge_amount": 100.00, # Add $100 each time
        "max_recharges_per_month": 5 # Safety cap: max 5 recharges/month
    }
)
