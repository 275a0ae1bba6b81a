using System.Collections.Immutable;
using System.Net;
using System.Text;

namespace Budgets.Delivery;

/// <summary>A mail as its writer thinks of it: a title, what it is about, facts one below the other, what to do about them. Plain words; they are escaped here.</summary>
/// <param name="Title">One sentence; also fit for the subject.</param>
/// <param name="Lines">Facts, each with its label.</param>
/// <param name="Paragraphs">Below the facts. A line break in one stays one.</param>
/// <param name="Footer">Why this mail was sent, and how to have no more of them.</param>
/// <param name="Asks">What can be decided with a link; null: nothing. The link itself is a secret, made when the mail goes out and kept nowhere.</param>
public sealed record MailPage(string Title, ImmutableArray<MailLine> Lines, ImmutableArray<string> Paragraphs, string Footer, MailQuestion? Asks = null)
{
    /// <summary>Where whoever reads the mail can decide.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string? Link { get; init; }

    // Nothing is fetched from anywhere: a mail tells nobody that it was opened. Styles stand in each element, since some readers drop all others.
    private const string Font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
    private const string Ink = "color:#1c1e21";
    private const string PaleInk = "color:#5f6670";

    /// <returns>The same twice, for those who read plain text and those who do not. The HTML fits a phone: one column, at most 36 rem, labels above their values when it is narrow.</returns>
    public static (string Text, string Html) Render(MailPage page) => (TextOf(page), HtmlOf(page));

    private static string TextOf(MailPage page)
    {
        var text = new StringBuilder(page.Title).Append("\n\n");
        var width = page.Lines.Select(l => l.Label.Length).DefaultIfEmpty().Max();
        foreach (var (label, value) in page.Lines)
        {
            text.Append((label + ":").PadRight(width + 2)).Append(value).Append('\n');
        }

        text.Append(page.Lines.IsEmpty ? "" : "\n");
        foreach (var paragraph in page.Paragraphs)
        {
            text.Append(paragraph).Append("\n\n");
        }

        if (page.Link is { } link)
        {
            text.Append("Decide: ").Append(link).Append("\n\n");
        }

        // "-- " on a line of its own begins a signature; readers show it paler, and leave it out of answers.
        return text.Append("-- \n").Append(page.Footer).Append('\n').ToString();
    }

    private static string HtmlOf(MailPage page)
    {
        var html = new StringBuilder($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Escaped(page.Title)}</title>
            </head>
            <body style="margin:0;padding:0;background:#f2f3f5;{Font};{Ink}">
            <div style="max-width:36rem;margin:0 auto;padding:1.5rem 1.25rem;background:#ffffff;font-size:16px;line-height:1.5">
            <h1 style="margin:0 0 1rem;font-size:20px;line-height:1.3;overflow-wrap:anywhere">{Escaped(page.Title)}</h1>

            """);
        foreach (var (label, value) in page.Lines)
        {
            html.Append($"""
                <div style="padding:0.5rem 0;border-top:1px solid #e4e6e9;overflow-wrap:anywhere"><span style="display:inline-block;min-width:11rem;{PaleInk}">{Escaped(label)} </span><strong style="font-weight:600">{Escaped(value)}</strong></div>

                """);
        }

        foreach (var paragraph in page.Paragraphs)
        {
            html.Append($"""
                <p style="margin:1rem 0 0;overflow-wrap:anywhere">{Escaped(paragraph).Replace("\n", "<br>", StringComparison.Ordinal)}</p>

                """);
        }

        if (page.Link is { } link)
        {
            html.Append($"""
                <p style="margin:1.5rem 0 0"><a href="{Escaped(link)}" style="display:inline-block;padding:0.6rem 1.4rem;background:#0a6b3d;color:#ffffff;text-decoration:none;border-radius:0.3rem">Look and decide</a></p>

                """);
        }

        return html.Append($"""
            <p style="margin:1.5rem 0 0;font-size:13px;{PaleInk}">{Escaped(page.Footer).Replace("\n", "<br>", StringComparison.Ordinal)}</p>
            </div>
            </body>
            </html>

            """).ToString();
    }

    private static string Escaped(string text) => WebUtility.HtmlEncode(text);
}

/// <param name="Label">Such as "Spent today".</param>
/// <param name="Value">Such as "$20.00 of $25.00".</param>
public readonly record struct MailLine(string Label, string Value);

/// <summary>A request that a mail is about.</summary>
/// <param name="Agent">Who asks.</param>
/// <param name="Deciders">Addresses, named from above the agent, whose mails have a link.</param>
public sealed record MailQuestion(ApprovalId Id, AgentId Agent, DateTimeOffset Until, ImmutableArray<string> Deciders);
