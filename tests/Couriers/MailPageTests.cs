using System.Net;
using Budgets.Delivery;

namespace Budgets.Tests.Couriers;

/// <summary>A page says the same to those who read plain text and to those who do not.</summary>
public sealed class MailPageTests
{
    private static readonly MailPage s_page = new(
        "researcher has spent 80 % of its day",
        [new("Spent today", "$20.00 of $25.00"), new("Empty in", "3.2 hours")],
        ["Slow down.\nOr raise the limit.", "Nothing is blocked yet."],
        "Sent because you are its escalation address.");

    [Fact]
    public void The_text_is_a_column_of_facts_and_what_to_do() => MailPage.Render(s_page).Text.Should().Be("""
        researcher has spent 80 % of its day

        Spent today: $20.00 of $25.00
        Empty in:    3.2 hours

        Slow down.
        Or raise the limit.

        Nothing is blocked yet.

        --·
        Sent because you are its escalation address.

        """.Replace('·', ' '));

    [Fact]
    public void The_HTML_says_all_that_the_text_says()
    {
        var html = MailPage.Render(s_page).Html;

        foreach (var said in (string[])[s_page.Title, "Spent today", "$20.00 of $25.00", "Empty in", "3.2 hours", "Slow down.<br>Or raise the limit.", "Nothing is blocked yet.", s_page.Footer])
        {
            html.Should().Contain(said);
        }

        html.Should().Contain("width=device-width").And.Contain("charset=\"utf-8\"");
    }

    [Fact]
    public void Nothing_in_the_HTML_is_fetched_from_anywhere_or_runs() =>
        MailPage.Render(s_page).Html.Should().NotContainAny("src=", "href=", "url(", "@import", "<img", "<link", "<script", "<style", "http:", "https:");

    [Fact]
    public void Whatever_an_agent_is_named_is_words()
    {
        const string evil = "</title></div><script>alert(1)</script><img src=x onerror='a()'>\" & &amp;";
        var html = MailPage.Render(new MailPage(evil, [new(evil, evil)], [evil], evil)).Html;

        html.Should().NotContainAny("<script", "<img", "onerror='");
        html.Split(WebUtility.HtmlEncode(evil)).Should().HaveCount(7);
    }
}
