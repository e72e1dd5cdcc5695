namespace Loquat.Tests;

/// <summary>Holds the folders of a project to the floors of docs/floors.md.</summary>
public abstract class ProjectFloorTests(string project)
{
    private readonly ProjectFloors _project = new(project);

    [Fact]
    public void Folders_use_those_of_lower_floors_only() => _project.Graph().Faults(_project.Floors()).Should().BeEmpty();

    [Fact]
    public void No_folders_use_each_other_in_a_circle() => _project.Graph().Circle().Should().BeEmpty();

    [Fact]
    public void A_namespace_is_its_folder() => _project.Strangers().Should().BeEmpty();
}
