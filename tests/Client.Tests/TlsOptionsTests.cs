using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace LisaOrleans.Client.Tests;

/// <summary>Certificates that cannot be used are refused when the client is made, with the file and the reason.</summary>
public sealed class TlsOptionsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority;

    public TlsOptionsTests() => _authority = new TestAuthority(_folder.Root, "ours");

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Validate_certificate_whose_time_is_not_now_is_refused()
    {
        Refused("CertificateFile", "old.pem: the certificate CN=old expired on ", _authority.Issue("old", from: -9, until: -1));
        Refused("CertificateFile", "new.pem: the certificate CN=new is valid only from ", _authority.Issue("new", from: 1, until: 9));
    }

    [Fact]
    public void Validate_certificate_of_another_authority_or_for_another_use_is_refused()
    {
        using var theirs = new TestAuthority(_folder.Root, "theirs");
        Refused(
            "CertificateFile", "the certificate CN=foreign was not issued by an authority in ",
            theirs.Issue("foreign") with { AuthorityFile = _authority.Issue("own").AuthorityFile });
        Refused("CertificateFile", "the certificate CN=half is not for serverAuth", _authority.Issue("half", isServer: false));
    }

    [Fact]
    public void Validate_files_that_are_not_what_they_should_be_are_named()
    {
        var good = _authority.Issue("good");
        Refused("CertificateFile", "is missing", good with { CertificateFile = "" });
        Refused("AuthorityFile", "is missing", good with { AuthorityFile = "" });
        Refused("CertificateFile", $"no such file: {_folder["none.pem"]}", good with { CertificateFile = _folder["none.pem"] });
        Refused("KeyFile", $"no such file: {_folder["none.key"]}", good with { KeyFile = _folder["none.key"] });
        Refused("CertificateFile", "good.pem holds no private key", good with { KeyFile = null });
        Refused("KeyFile", "holds no private key in PEM", good with { KeyFile = good.CertificateFile });
        Refused("CertificateFile", "cannot be used as a certificate with its private key", good with { KeyFile = _authority.Issue("other").KeyFile });
        Refused("AuthorityFile", "holds no certificate in PEM", good with { AuthorityFile = good.KeyFile! });
        Refused("AuthorityFile", $"{_folder.Root} cannot be read", good with { AuthorityFile = _folder.Root });
        File.WriteAllText(_folder["text"], "no certificate");
        Refused("CertificateFile", "cannot be used as a certificate", good with { CertificateFile = _folder["text"] });
    }

    [Theory]
    [InlineData(null)]
    [InlineData("s3cret")]
    public void Validate_pfx_and_encrypted_key_are_taken_with_their_password_alone(string? password)
    {
        var pem = _authority.Issue("pem");
        using var certificate = X509Certificate2.CreateFromPemFile(pem.CertificateFile, pem.KeyFile);
        File.WriteAllBytes(_folder["own.pfx"], certificate.Export(X509ContentType.Pfx, password));
        var pfx = pem with { CertificateFile = _folder["own.pfx"], KeyFile = null };
        Assert.True(Validate(pfx with { Password = password }).Succeeded);
        if (password is null) return;
        Refused("CertificateFile", "own.pfx cannot be used as a certificate", pfx with { Password = "wrong" });
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(
            _folder["own.key"],
            key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        Assert.True(Validate(pem with { KeyFile = _folder["own.key"], Password = password }).Succeeded);
        Refused("Password", "is missing: the private key of ", pem with { KeyFile = _folder["own.key"] });
    }

    [Fact]
    public void Current_takes_renewed_files_and_keeps_the_old_certificate_where_they_are_wrong()
    {
        var problems = new List<string>();
        var credentials = new TlsCredentials(_authority.Issue("end"), problems.Add);
        var first = credentials.Current.Own.TargetCertificate.SerialNumber;
        Assert.Equal(first, credentials.Current.Own.TargetCertificate.SerialNumber);

        _authority.Issue("end", until: -0.5);
        Assert.Equal(first, credentials.Current.Own.TargetCertificate.SerialNumber);
        Assert.Contains("expired on", Assert.Single(problems), StringComparison.Ordinal);

        _authority.Issue("end");
        var second = credentials.Current.Own.TargetCertificate.SerialNumber;
        Assert.NotEqual(first, second);
        Assert.Single(problems);

        // One for another silo is refused at the start, and no better later.
        credentials.CheckName(IPAddress.Loopback);
        _authority.Issue("end", address: "10.9.9.9");
        Assert.Equal(second, credentials.Current.Own.TargetCertificate.SerialNumber);
        Assert.Contains("is not for '127.0.0.1'", problems[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Current_certificate_put_in_place_before_it_is_valid_is_used_once_it_is()
    {
        var (problems, time) = (new List<string>(), new SteppedTime());
        var credentials = new TlsCredentials(_authority.Issue("end"), problems.Add, time);
        var first = Serial();
        using var next = X509CertificateLoader.LoadCertificateFromFile(
            _authority.Issue("end", from: TimeSpan.FromSeconds(5).TotalDays).CertificateFile);
        Assert.Equal(first, Serial());
        time.Seconds++;
        Assert.Equal(first, Serial());
        Assert.Contains("is valid only from", Assert.Single(problems), StringComparison.Ordinal);

        // Files that were refused are not read at every connection.
        await Until.True(() => TimeProvider.System.GetUtcNow() > next.NotBefore.ToUniversalTime());
        Assert.Equal(first, Serial());
        time.Seconds++;
        Assert.Equal(next.SerialNumber, Serial());
        Assert.Single(problems);

        string Serial() => credentials.Current.Own.TargetCertificate.SerialNumber;
    }

    private static ValidateOptionsResult Validate(ClusterTlsOptions tls) =>
        new LisaClientOptionsValidator().Validate(null, new LisaClientOptions { Tls = tls });

    private static void Refused(string option, string reason, ClusterTlsOptions tls)
    {
        var failure = Assert.Single(Validate(tls).Failures!);
        Assert.StartsWith($"Tls.{option}: ", failure, StringComparison.Ordinal);
        Assert.Contains(reason, failure, StringComparison.Ordinal);
    }

    private sealed class SteppedTime : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
