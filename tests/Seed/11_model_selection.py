class CostOptimizer:
    """Automatically route to cheapest model that meets quality needs."""
    def __init__(self, quality_threshold: float = 0.8):
        self.quality_threshold = quality_threshold
    def select_model(self, task_complexity: str):
        """Choose model based on task complexity."""
        models = {
            "simple": {
                "model": "gemini/gemini-2.5-flash",
                "cost_per_1m": 0.075,
                "expected_quality": 0.85
            },
            "medium": {
                "model": "deepseek/deepseek-r1",
                "cost_per_1m": 0.14,
                "expected_quality": 0.90
            },
            "complex": {
                "model": "claude-4-5-sonnet",
                "cost_per_1m": 15.00,
                "expected_quality": 0.98
            }
        }
        return models[task_complexity]["model"]
    def fallback_if_needed(self, result, current_model):
        """Upgrade to better model if quality insufficient."""
        if self.evaluate_quality(result) < self.quality_threshold:
            # Try next tier up
            if "gemini" in current_model:
                return "deepseek/deepseek-r1"
            elif "deepseek" in current_model:
                return "claude-4-5-sonnet"
        return current_model # Quality acceptable
