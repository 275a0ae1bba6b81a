@app.post("/budget-webhook")
def handle_budget_alert(alert: dict):
    if alert["percent_used"] >= 80:
        # Switch to cheaper models
        switch_to_economy_mode()
    if alert["percent_used"] >= 95:
        # Pause non-critical operations
        pause_background_tasks()
        notify_human("Budget nearly depleted")
    return {"received": True}
