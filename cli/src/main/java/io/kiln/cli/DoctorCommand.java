package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.kiln.config.KilnConfig;
import io.kiln.config.TrainingConfig;
import io.kiln.model.torch.EngineReport;
import io.kiln.operations.console.Json;
import io.kiln.operations.doctor.Doctor;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kiln doctor}: checks the machine and the process for training. */
@Command(
        name = "doctor",
        description = {
            "Checks whether this machine is set up for fast training, and says what to change.",
            "The checks apply to the process they run in. A task manager has an environment of its "
                    + "own: run the checks there too."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln doctor",
            "  kiln doctor --set training.device=gpu",
            "  kiln doctor --json | jq '.[] | select(.advice != \"\")'"
        })
final class DoctorCommand implements Runnable {
    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @Option(names = "--json", description = "print a JSON array of checks")
    private boolean json;

    @Override
    public void run() {
        KilnConfig kiln = config.load();
        TrainingConfig training = kiln.training();
        boolean bf16 = training.precision() == TrainingConfig.Precision.BF16;
        List<Doctor.Check> checks =
                Doctor.examine(
                        EngineReport.inspect(), Doctor.Machine.present(), training.device(), bf16);
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? json(checks) : text(checks));
        out.flush();
    }

    private static String text(List<Doctor.Check> checks) {
        Table table = new Table("", "FOUND", "TO CHANGE");
        checks.forEach(check -> table.add(check.name(), check.found(), check.advice()));
        boolean good = checks.stream().allMatch(Doctor.Check::good);
        return table + (good ? "nothing to change" : "");
    }

    private static String json(List<Doctor.Check> checks) {
        ArrayNode array = Json.MAPPER.createArrayNode();
        for (Doctor.Check check : checks) {
            array.addObject()
                    .put("name", check.name())
                    .put("found", check.found())
                    .put("advice", check.advice());
        }
        return Json.pretty(array);
    }
}
