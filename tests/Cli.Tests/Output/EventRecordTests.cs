namespace LisaOrleans.Cli.Tests;

public sealed class EventRecordTests
{
    // RFC 3720, B.4, and the check value of the polynomial's catalogue.
    [Fact]
    public void Crc32C_published_inputs_give_the_published_checksums()
    {
        Assert.Equal(0xE3069283, EventRecord.Crc32C("123456789"u8));
        Assert.Equal(0x8A9136AA, EventRecord.Crc32C(new byte[32]));
        Assert.Equal(0x46DD794Eu, EventRecord.Crc32C([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
    }

    [Fact]
    public void MaskedCrc32C_every_length_gives_the_checksum_of_another_implementation()
    {
        var data = new byte[100];
        new Random(1).NextBytes(data);
        for (var length = 0; length <= data.Length; length++)
            Assert.Equal(EventFile.Masked(data.AsSpan(0, length)), EventRecord.MaskedCrc32C(data.AsSpan(0, length)));
    }
}
