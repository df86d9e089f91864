using Azure.Core;

namespace LisaOrleans.Checkpoints;

/// <summary>What people write for a service of Azure Storage, blobs and tables alike.</summary>
public static class AzureLocation
{
    /// <summary>Makes a client with the credentials that a location gives.</summary>
    /// <param name="location">A connection string, or a URL.</param>
    /// <param name="connection">Makes it from a connection string.</param>
    /// <param name="signed">Makes it from a URL with a shared access signature.</param>
    /// <param name="identity">Makes it from a URL without one, with the identity that the machine or the user has.</param>
    /// <exception cref="FormatException">A connection string has a key that can be none.</exception>
    public static TClient Open<TClient>(
        string location, Func<string, TClient> connection, Func<Uri, TClient> signed, Func<Uri, TokenCredential, TClient> identity)
    {
        if (!StoreLocation.IsUrl(location)) return WithKey(() => connection(location));
        var address = new Uri(location);
        return address.Query.Length > 0 ? signed(address) : identity(address, AzureIdentity.Default);
    }

    // The SDK says what Base64 is, and not what has to be it.
    private static TClient WithKey<TClient>(Func<TClient> connect)
    {
        try
        {
            return connect();
        }
        catch (FormatException e)
        {
            throw new FormatException("the account's key is no Base64", e);
        }
    }
}
