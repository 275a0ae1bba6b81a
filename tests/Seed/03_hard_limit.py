{
    "daily_limit": 25.00,
    "hard_stop": True, # Operations blocked
    "escalation_email": "human@company.com"
}
