namespace LisaOrleans;

/// <summary>Lists of named things that settings choose from. Only the silo's side knows what is in them.</summary>
public static class SettingRegistries
{
    /// <summary>Training methods.</summary>
    public const string Methods = "methods";

    /// <summary>What is minimised.</summary>
    public const string Objectives = "objectives";

    /// <summary>How LISA samples layers.</summary>
    public const string LayerSamplers = "layer samplers";

    /// <summary>Optimizers.</summary>
    public const string Optimizers = "optimizers";

    /// <summary>Forms of frozen weights.</summary>
    public const string WeightForms = "forms of frozen weights";

    /// <summary>Learning-rate schedules.</summary>
    public const string Schedules = "schedules";

    /// <summary>Chat templates.</summary>
    public const string ChatTemplates = "chat templates";

    /// <summary>Which answers of a conversation are learned.</summary>
    public const string LearnedAnswers = "learned answers";

    /// <summary>What becomes of texts longer than a block.</summary>
    public const string LongTexts = "long texts";

    /// <summary>Formats of data sets.</summary>
    public const string DatasetFormats = "data set formats";
}
