using System.Globalization;
using System.Text;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>Reads a provider's usage from CSV (RFC 4180): a line with the names of the columns, in any order, and a line for each row. As strict as JSON is.</summary>
internal static class BilledCsv
{
    private static readonly string[] Columns = ["model", "date", "cost", "input_tokens", "output_tokens"];
    private static readonly string[] Required = ["model", "date", "cost"];

    public static async ValueTask<Read<ReconcileBody>> Read(HttpContext http, string? provider)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await http.Request.Body.ReadAsync(buffer, http.RequestAborted) is var read and > 0)
        {
            if (bytes.Length + read > Body.MaxBytes)
            {
                return new(null, Problem.TooLarge);
            }

            bytes.Write(buffer, 0, read);
        }

        var faults = new Faults();
        var body = new ReconcileBody { Provider = provider };
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
            body.Rows = Rows(Lines(text.TrimStart('\uFEFF'), faults), faults);
        }
        catch (ArgumentException)
        {
            faults.Add("", "the body is not valid UTF-8");
        }

        if (!faults.Any)
        {
            body.Check(faults);
        }

        return faults.Any ? new(null, Problem.Invalid(faults)) : new(body, null);
    }

    private static BilledRow?[]? Rows(List<List<string>> lines, Faults faults)
    {
        var names = lines.FirstOrDefault() ?? [];
        foreach (var name in names.Where(n => !Columns.Contains(n)))
        {
            faults.Add("columns", $"'{Texts.Shortened(name, 40)}' is not known here; what is: {string.Join(", ", Columns)}");
        }

        faults.AddIf(names.Distinct().Count() != names.Count, "columns", "must not be named twice");
        faults.AddIf(Required.Except(names).Any(), "columns", $"must have {string.Join(", ", Required)}");
        faults.AddIf(lines.Count - 1 is 0 or > ReconcileRequest.MostRows, "rows", $"must be 1 to {ReconcileRequest.MostRows}");
        return faults.Any ? null : [.. lines.Skip(1).Select((line, i) => Row(names, line, i, faults))];
    }

    private static BilledRow? Row(List<string> names, List<string> cells, int index, Faults faults)
    {
        faults.Within = ("rows", index);
        var row = new BilledRow();
        faults.AddIf(cells.Count != names.Count, "", $"must have {names.Count} cells");
        foreach (var (name, cell) in names.Zip(cells).Where(c => c.Second.Length > 0))
        {
            switch (name)
            {
                case "model":
                    row.Model = cell;
                    break;
                case "date" when DateOnly.TryParseExact(cell, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date):
                    row.Date = date;
                    break;
                case "cost" when decimal.TryParse(cell, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var dollars) && Money.TryFromDollars(dollars, out var cost):
                    row.Cost = cost;
                    break;
                case "input_tokens" when long.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out var input):
                    row.InputTokens = input;
                    break;
                case "output_tokens" when long.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out var output):
                    row.OutputTokens = output;
                    break;
                default:
                    faults.Add(name, name switch { "date" => "must be a date such as 2026-02-25", "cost" => "must be dollars with at most nine decimals", _ => "must be a whole number in range" });
                    break;
            }
        }

        faults.Within = null;
        return row;
    }

    /// <summary>Cells of lines; empty lines are passed over.</summary>
    private static List<List<string>> Lines(string text, Faults faults)
    {
        var (lines, cells, cell) = (new List<List<string>>(), new List<string>(), new StringBuilder());
        bool isQuoted = false, wasQuoted = false;
        for (var i = 0; i <= text.Length && lines.Count <= ReconcileRequest.MostRows + 1; i++)
        {
            var c = i < text.Length ? text[i] : '\n';
            if (isQuoted && i < text.Length)
            {
                isQuoted = c != '"' || (i + 1 < text.Length && text[i + 1] == '"');
                _ = isQuoted ? cell.Append(c) : cell;
                i += c == '"' && isQuoted ? 1 : 0;
            }
            else if (c == '"' && cell.Length == 0 && !wasQuoted)
            {
                (isQuoted, wasQuoted) = (true, true);
            }
            else if (c is ',' or '\n')
            {
                cells.Add(cell.ToString());
                (cell, wasQuoted) = (cell.Clear(), false);
                if (c == '\n')
                {
                    if (cells is not [""])
                    {
                        lines.Add(cells);
                    }

                    cells = [];
                }
            }
            else if (c != '\r' || i + 1 >= text.Length || text[i + 1] != '\n')
            {
                faults.AddIf(wasQuoted || c == '"', "", $"line {lines.Count + 1} has a quote where none can be");
                cell.Append(c);
            }
        }

        faults.AddIf(isQuoted, "", "a quoted cell is not closed");
        return lines;
    }
}
