namespace LisaOrleans.Data.Tests;

/// <summary>Chat templates of well-known models over all kinds of conversations, against Python's jinja2.</summary>
public sealed class RealTemplateTests
{
    [Fact]
    public void Render_equals_jinja2_on_the_templates_of_well_known_models()
    {
        JinjaOracle.Require();
        Assert.SkipUnless(RealTemplates.All.Count > 0, "no chat templates in artifacts/node; eng/test-services.sh gets them");
        var differences = new List<string>();
        foreach (var (name, template) in RealTemplates.All)
        {
            foreach (var (kind, variables) in Conversations.All)
                if (JinjaOracle.Difference(template, variables) is { } difference)
                    differences.Add($"{name}, {kind}: {difference[template.Length..]}");
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differ:\n{string.Join("\n", differences)}");
    }

    [Fact]
    public void Parse_takes_every_template_of_a_well_known_model()
    {
        Assert.SkipUnless(RealTemplates.All.Count > 0, "no chat templates in artifacts/node; eng/test-services.sh gets them");
        foreach (var (name, template) in RealTemplates.All)
        {
            var error = Record.Exception(() => JinjaTemplate.Parse(template));
            Assert.True(error is null, $"{name}: {error?.Message}");
        }
    }
}
