using System.Buffers;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

internal sealed record NewsAnswer(bool Received);

/// <summary>Where Stripe says that there is news of a payment. Anybody can post here: silos know what Stripe signs with, and believe nothing but that there is news.</summary>
internal static class StripeEndpoints
{
    private const string Signature = "Stripe-Signature";

    private static readonly Problem s_notSigned = Problem.Invalid(Signature, "must be that of Stripe for this body, and not older than five minutes");

    public static void Map(Routes routes) => routes.Public("POST", "/v1/stripe/webhook", http => Take(http, routes.Edge), new("takePaymentNews", "Credits", "News of payments, posted by Stripe")
    {
        Text = "Only a hint: Stripe is asked how the payment is. What is not about a payment of this service, late, repeated or out of order is taken and changes nothing.",
        Answers = [new(200, typeof(NewsAnswer), "Taken.")],
        Problems = [ProblemKind.InvalidRequest, ProblemKind.NotFound, ProblemKind.BodyTooLarge, ProblemKind.StoreUnavailable, ProblemKind.Overloaded],
    });

    private static async Task Take(HttpContext http, Edge edge)
    {
        var signatures = http.Request.Headers[Signature];
        if (signatures is not [{ Length: > 0 } signature])
        {
            await s_notSigned.Send(http);
            return;
        }

        if (await Posted(http) is not { } body)
        {
            await Problem.TooLarge.Send(http);
            return;
        }

        var news = await edge.Grains.GetGrain<IPaymentNewsGrain>(0).Take(body, signature);
        await (news switch
        {
            PaymentNews.Taken => Reply.Send(http, 200, Wire.Default.NewsAnswer, new NewsAnswer(true)),
            PaymentNews.NotSigned => s_notSigned.Send(http),
            _ => Problem.NotFound.Send(http),
        });
    }

    /// <summary>To the byte: it is signed. Null: there is too much.</summary>
    private static async Task<byte[]?> Posted(HttpContext http)
    {
        if (http.Request.ContentLength > Body.MaxBytes)
        {
            return null;
        }

        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            if (read.IsCompleted || read.Buffer.Length > Body.MaxBytes)
            {
                var body = read.Buffer.Length > Body.MaxBytes ? null : read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
