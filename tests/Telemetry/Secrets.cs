using System.Text;

namespace Budgets.Tests.Telemetry;

/// <summary>What must never be seen: keys and passwords, and the forms they are sent in.</summary>
internal sealed class Secrets
{
    private readonly List<string> _forms = [];

    public Secrets(params IEnumerable<string> secrets)
    {
        foreach (var secret in secrets)
        {
            Add(secret);
        }
    }

    public void Add(string secret) => _forms.AddRange([secret, Convert.ToBase64String(Encoding.UTF8.GetBytes($"operator:{secret}")), Convert.ToBase64String(Encoding.UTF8.GetBytes(secret))]);

    public void ShouldNotBeIn(string text, string where)
    {
        foreach (var form in _forms)
        {
            var at = text.IndexOf(form, StringComparison.Ordinal);
            if (at >= 0)
            {
                // Not the secret itself: this, too, is a log.
                Assert.Fail($"{where} shows a secret after: …{text[Math.Max(0, at - 200)..at]}");
            }
        }
    }
}
