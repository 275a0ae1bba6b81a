def expensive_operation(cost_estimate: float):
    """Request human approval for operations over $10."""
    if cost_estimate > 10.00:
        # Request approval
        approval = requests.post(
            "https://api.skillboss.co/v1/agents/approvals/request",
            headers=headers,
            json={
                "operation": "generate_100_videos",
                "estimated_cost": cost_estimate,
                "justification": "Monthly content batch for social media",
                "urgency": "medium"
            }
        ).json()
        # Wait for human approval (webhook notifies when approved)
        while approval["status"] == "pending":
            time.sleep(60) # Check every minute
            approval = check_approval_status(approval["approval_id"])
        if approval["status"] == "approved":
            return execute_operation()
        else:
            logging.info(f"Operation denied: {approval['denial_reason']}")
            return None
    else:
        # Auto-approved for operations under $10
        return execute_operation()
