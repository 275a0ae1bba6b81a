# Configure alerts
requests.post(
    "https://api.skillboss.co/v1/agents/alerts",
    headers=headers,
    json={
        "alert_at_50_percent": True, # Alert at 50% of daily limit
        "alert_at_80_percent": True, # Alert at 80% of daily limit
        "alert_at_95_percent": True, # Alert at 95% of daily limit
        "webhook_url": "https://your-agent.com/budget-webhook",
        "email_human": "human@company.com" # Also email human
    }
)
