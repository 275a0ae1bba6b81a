using System.Text;

namespace Budgets.Tests.Http;

/// <summary>Orleans' dashboard, opened by people in a browser.</summary>
[Collection(Api.Name)]
public sealed class DashboardTests(Api api)
{
    [Fact]
    public async Task An_operator_sees_the_silo_with_the_key_as_the_dialogs_password_or_as_a_bearer()
    {
        foreach (var authorization in (string[])[Basic("anybody", api.Operator.Key!), Basic("", api.Operator.Key!), "Bearer " + api.Operator.Key])
        {
            (await Get("/dashboard/", authorization)).Text.Should().Contain("<title>Orleans Dashboard");
            var counters = await Get("/dashboard/DashboardCounters", authorization);
            counters["hosts"].EnumerateArray().Should().ContainSingle().Which.GetProperty("status").GetString().Should().Be("Active");
            counters.Header("Cache-Control").Should().Be("no-store");
        }
    }

    [Fact]
    public async Task A_browser_is_asked_for_the_key_and_agents_are_turned_away()
    {
        var agent = await api.NewAgent();
        var nobody = await Get("/dashboard/", null);

        (nobody.Status, nobody.Code).Should().Be((401, "unauthenticated"));
        nobody.Headers.WwwAuthenticate.Select(w => w.Scheme).Should().Equal("Basic", "Bearer");
        foreach (var authorization in (string[])[Basic("operator", agent.Key!), "Bearer " + agent.Key])
        {
            (await Get("/dashboard/GrainTypes", authorization)).Code.Should().Be("forbidden");
        }

        foreach (var wrong in (string[])[Basic("operator", "abo_"), "Basic", "Basic ?", Basic(new string('u', 5_000), api.Operator.Key!), "Basic " + Encode(api.Operator.Key!)])
        {
            (await Get("/dashboard/GrainTypes", wrong)).Status.Should().Be(401, wrong);
        }
    }

    [Fact]
    public async Task The_dialogs_key_opens_the_dashboard_only_and_not_for_other_sites()
    {
        (await Get("/v1/agents", Basic("operator", api.Operator.Key!))).Status.Should().Be(401, "a browser would send it for whoever asks");
        foreach (var site in (string[])["cross-site", "same-site"])
        {
            (await Get("/dashboard/GrainTypes", Basic("operator", api.Operator.Key!), site)).Status.Should().Be(403);
        }

        (await Get("/dashboard/GrainTypes", Basic("operator", api.Operator.Key!), "same-origin")).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_file_asked_for_on_a_condition_that_does_not_hold_is_refused_in_words()
    {
        var answer = await api.Operator.Send("GET", "/dashboard/index.min.js", null, request => request.Headers.TryAddWithoutValidation("If-Match", "\"another\""));

        (answer.Status, answer.Code, answer.MediaType).Should().Be((412, "precondition_failed", "application/problem+json"));
    }

    private static string Basic(string user, string password) => "Basic " + Encode($"{user}:{password}");

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private Task<Answer> Get(string path, string? authorization, string? site = null) => api.Nobody.Send("GET", path, null, request =>
    {
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", site);
    });
}
