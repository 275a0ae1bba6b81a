using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Budgets.Couriers;
using Budgets.Delivery;
using Budgets.Tests.Crash;
using Budgets.Tests.Journal;

namespace Budgets.Tests.Couriers;

using Receipt = global::Budgets.Delivery.Receipt;

/// <summary>TLS from end to end. Whom a process trusts it reads once, when it starts: so these letters are carried by another one, which is told of the tests' authority.</summary>
public sealed class TrustTests
{
    [Fact]
    public async Task A_letter_goes_to_whoever_has_the_hosts_certificate_and_a_password_to_nobody_else()
    {
        using var scratch = new ScratchDirectory();
        using var authority = Certificate.Authority();
        using var certificate = Certificate.Of("127.0.0.1", authority);
        using var strange = Certificate.Of("127.0.0.1", "http://127.0.0.1/");
        Directory.CreateDirectory(scratch.Path);
        string Write(string name, string text)
        {
            var path = Path.Combine(scratch.Path, name);
            File.WriteAllText(path, text);
            return path;
        }

        var trusted = Write("authority.pem", authority.ExportCertificatePem());
        var key = Write("key.pem", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        await using var receiver = new Receiver(AnswerOk, certificate);
        await using var stranger = new Receiver(AnswerOk, strange);
        using var mail = await ChoosyServer.Start(Write("certificate.pem", certificate.ExportCertificatePem()), key);

        var receipts = await OtherCourier.Send(trusted, mail.Port, receiver.Url(), receiver.Url("127.0.0.2"), stranger.Url());

        receipts.Select(r => (r.Carried, r.Status)).Should().Equal(
            (Carried.Delivered, 200), (Carried.Failed, null), (Carried.Failed, null), (Carried.Delivered, null), (Carried.Failed, 535), (Carried.Failed, null));
        receipts[1].Reason.Should().Contain("may not be valid for the URL's host");
        receipts[2].Reason.Should().Contain("may not be valid for the URL's host");
        receipts[5].Reason.Should().Contain("may not be valid for Smtp:Host");
        await mail.Process.Says("taken budgets true human@example.org");
    }

    private static async Task AnswerOk(Visit visit)
    {
        await visit.Read();
        await visit.Write(Calling.Ok);
    }
}

/// <summary>This test assembly as a second process: it posts to the URLs it is given, mails with a password that is right, one that is wrong, and to a name the server is not, and says what came of it.</summary>
internal static class OtherCourier
{
    private const string Variable = "BUDGETS_TESTS_CARRY";
    private const string Result = "carried: ";

    public static async Task<Receipt[]> Send(string trusted, int mailPort, params string[] urls)
    {
        using var process = new ChildProcess("dotnet", ["exec", typeof(OtherCourier).Assembly.Location], new Dictionary<string, string>
        {
            [Variable] = $"{mailPort} {string.Join(' ', urls)}",
            ["SSL_CERT_FILE"] = trusted,
            ["SSL_CERT_DIR"] = Path.GetDirectoryName(trusted)!,
        });
        return JsonSerializer.Deserialize<Receipt[]>(await process.Says(Result))!;
    }

    // Runs before the entry point that the test SDK generates; does nothing in the process that runs the tests.
    [ModuleInitializer]
    internal static void CarryIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } errand)
        {
            // Nothing else of this assembly runs before the initializer is through. The process ends with this thread: the entry point has nothing to do.
            new Thread(() => Console.WriteLine(Result + JsonSerializer.Serialize(Carry(errand.Split(' ')).GetAwaiter().GetResult()))).Start();
        }
    }

    private static async Task<List<Receipt>> Carry(string[] errand)
    {
        var receipts = new List<Receipt>();
        using var courier = Calling.Courier();
        foreach (var url in errand[1..])
        {
            receipts.Add(await courier.Post(url));
        }

        foreach (var (host, password) in ((string, string)[])[("127.0.0.1", "open sesame"), ("127.0.0.1", "wrong"), ("127.0.0.2", "open sesame")])
        {
            var smtp = new SmtpSettings(host, int.Parse(errand[0]), "budgets", password, SmtpSettings.Address("budgets@example.com")!);
            using var mailing = new Courier(new CourierSettings(smtp, []), Lookup.System, TimeProvider.System);
            receipts.Add(await mailing.Mail(new MailLetter("msg_1", "human@example.org", "subject", "text", "<p>html</p>", DateTimeOffset.UtcNow), CancellationToken.None));
        }

        return receipts;
    }
}
