# AI-powered recharge predictions
requests.post(
    "https://api.skillboss.co/v1/agents/auto-recharge",
    headers=headers,
    json={
        "enabled": True,
        "mode": "predictive", # vs "threshold"
        "recharge_amount": 100.00,
        "predict_hours_ahead": 24 # Recharge if predicted to run out in 24h
    }
)
