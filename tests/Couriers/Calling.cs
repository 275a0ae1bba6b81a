using System.Collections.Immutable;
using System.Net;
using System.Text;
using Budgets.Couriers;
using Budgets.Delivery;

namespace Budgets.Tests.Couriers;

using Receipt = global::Budgets.Delivery.Receipt;

/// <summary>Couriers and letters as tests need them.</summary>
internal static class Calling
{
    public const string Ok = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

    /// <summary>A host on the Internet; it is never called.</summary>
    public static readonly IPAddress Elsewhere = IPAddress.Parse("93.184.215.14");

    public static readonly string Secret = WebhookSecret.Make();

    /// <param name="allowed">A network the operator opens; null: none.</param>
    /// <param name="lookup">Null: every name is the loopback address.</param>
    public static Courier Courier(string? allowed = "127.0.0.0/8", Func<string, Task<IPAddress[]>>? lookup = null, TimeProvider? clock = null) => new(
        new CourierSettings(null, allowed is null ? [] : [.. allowed.Split(' ').Select(n => IPNetwork.Parse(n))]),
        new Lookup(lookup ?? (_ => Task.FromResult<IPAddress[]>([IPAddress.Loopback]))),
        clock ?? TimeProvider.System);

    public static WebhookLetter Letter(string url, string body = """{"alert_type":"budget_warning"}""", params string[] secrets) =>
        new(url, "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", DateTimeOffset.UtcNow, Encoding.UTF8.GetBytes(body), secrets is [] ? [Secret] : [.. secrets]);

    public static Task<Receipt> Post(this Courier courier, string url) => courier.Post(Letter(url), CancellationToken.None);
}
