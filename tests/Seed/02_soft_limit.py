{
    "daily_limit": 25.00,
    "hard_stop": False, # Warnings only
    "alert_at_80_percent": True
}
