namespace LisaOrleans.Data;

/// <summary>A data set that is not what it should be. The message names the file, the line and the field.</summary>
public class DatasetException(string message) : IOException(message);
