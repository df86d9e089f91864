namespace LisaOrleans;

/// <summary>
/// The certificate with which a silo or a client proves to the others of its cluster that it belongs to them, and how it
/// knows theirs. Files that change are read again for the next connection.
/// </summary>
public sealed record ClusterTlsOptions
{
    /// <value>The certificate, for both sides of a connection, with those that lead to its authority: PEM, or PFX with the private key.</value>
    public string CertificateFile { get; set; } = "";

    /// <value>Its private key in PEM; null where the certificate's file has it. Default null.</value>
    public string? KeyFile { get; set; }

    /// <value>The password of the private key or the PFX. Default null, none.</value>
    public string? Password { get; set; }

    /// <value>Certificates of the authorities that the others' certificates must come from, in PEM.</value>
    public string AuthorityFile { get; set; } = "";

    /// <value>The name that silos' certificates are for. Default null: the IP address at which one is reached.</value>
    public string? ServerName { get; set; }
}
