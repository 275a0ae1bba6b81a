namespace Budgets.Tests.Http;

/// <summary>Children made over REST.</summary>
internal static class Family
{
    public static async Task<Agent> Child(Api api, Agent parent, string rest = "")
    {
        var created = await parent.Post("/v1/agents/create-child", $$"""{"child_name":"Child"{{rest}}}""");
        created.Status.Should().Be(201, created.Text);
        return api.Holder(created["api_key"].GetString()!, created["child_id"].GetString()!);
    }

    /// <param name="rest">Further members, each after a comma.</param>
    public static async Task<Agent> Run(Api api, Agent parent, string budget, int seconds, string rest = "")
    {
        var created = await parent.Post("/v1/agents/runs", $$"""{"name":"Run","budget":{{budget}},"expires_in_seconds":{{seconds}}{{rest}}}""");
        created.Status.Should().Be(201, created.Text);
        return api.Holder(created["api_key"].GetString()!, created["child_id"].GetString()!);
    }

    /// <summary>A limit's line in GET budget.</summary>
    public static async Task<(decimal Spent, decimal Held, decimal Remaining)> Window(Agent agent, string type)
    {
        var line = (await agent.Get("/v1/agents/budget"))["windows"].EnumerateArray().First(w => w.GetProperty("limit_type").GetString() == type);
        return (line.GetProperty("spent").GetDecimal(), line.GetProperty("held").GetDecimal(), line.GetProperty("remaining").GetDecimal());
    }
}
