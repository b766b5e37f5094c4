package io.kiln.cli;

import static io.kiln.operations.report.Numbers.figure;

import io.kiln.config.KilnConfig;
import io.kiln.operations.OperationException;
import io.kiln.operations.checkpoints.PublishedVersion;
import io.kiln.operations.checkpoints.RunEvaluations;
import io.kiln.operations.checkpoints.RunVersions;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.ProbeFigures;
import io.kiln.schemas.ProbeGroup;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code kiln checkpoints groups}. */
@Command(
        name = "groups",
        description = {
            "Shows each version's probe accuracy for each group of pictures.",
            "Groups are the subfolders of the class folders, for instance months or cameras; see"
                    + " docs/explanation/evaluation.md.",
            "Where a column falls from version to version, its group is being forgotten."
        },
        footerHeading = "%nExample:%n",
        footer = "  kiln checkpoints groups")
final class CheckpointsGroupsCommand implements Runnable {
    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @Override
    public void run() {
        KilnConfig kiln = config.load();
        RunVersions versions = CheckpointsCommand.versions(kiln);
        RunEvaluations evaluations = RunEvaluations.of(kiln);
        List<PublishedVersion> all = List.copyOf(versions.all());
        List<String> groups =
                all.stream()
                        .flatMap(version -> probe(evaluations, version))
                        .flatMap(probe -> probe.getGroups().stream())
                        .map(ProbeGroup::getName)
                        .distinct()
                        .sorted()
                        .toList();
        if (groups.isEmpty()) {
            throw new OperationException(
                    "no version was probed on groups of pictures; give each class's folder in"
                            + " evaluation.probe a folder for each group, and run kiln submit evaluation");
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(table(all, evaluations, groups));
        out.flush();
    }

    private static Table table(
            List<PublishedVersion> versions, RunEvaluations evaluations, List<String> groups) {
        List<String> headings = new ArrayList<>(List.of("VERSION", "STEP", "PROBE"));
        groups.forEach(group -> headings.add(group.isEmpty() ? "(none)" : group));
        Table table = new Table(headings.toArray(String[]::new));
        for (PublishedVersion version : versions) {
            probe(evaluations, version).forEach(probe -> table.add(cells(version, probe, groups)));
        }
        return table;
    }

    private static String[] cells(
            PublishedVersion version, ProbeFigures probe, List<String> groups) {
        Map<String, Double> accuracies =
                probe.getGroups().stream()
                        .collect(Collectors.toMap(ProbeGroup::getName, ProbeGroup::getLinear));
        List<String> cells = new ArrayList<>();
        cells.add(Long.toString(version.event().getVersion()));
        cells.add(Long.toString(version.event().getStep()));
        cells.add(figure("%.3f", probe.getLinear()));
        groups.forEach(group -> cells.add(figure("%.3f", accuracies.get(group))));
        return cells.toArray(String[]::new);
    }

    private static Stream<ProbeFigures> probe(
            RunEvaluations evaluations, PublishedVersion version) {
        return evaluations.of(version.event().getVersion()).map(Evaluation::getProbe).stream();
    }
}
