package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.model.torch.Gemm;
import io.kiln.operations.console.Json;
import io.kiln.verification.bench.GemmBench;
import io.kiln.verification.bench.GemmFigures;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kiln bench gemm}: measures which library multiplies matrices faster. */
@Command(
        name = "gemm",
        description = {
            "Measures which library multiplies matrices faster.",
            "Multiplies fp32 matrices of the shapes of a training step with MKL and with oneDNN in"
                    + " turn, and reports which of them training.gemm: auto takes on this"
                    + " processor. Shapes are rows × inner length × columns. The last line is one"
                    + " JSON object."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  kiln bench gemm --threads 1", "  kiln bench gemm --json | jq .products"})
final class BenchGemmCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Option(
            names = "--threads",
            paramLabel = "T",
            defaultValue = "0",
            description =
                    "threads per product; 0 lets the engine choose (default: ${DEFAULT-VALUE})")
    private int threads;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "products of each shape; the fastest counts (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--json", description = "print only the JSON object")
    private boolean json;

    @Override
    public void run() {
        Ranges.require(spec, "--threads", threads, 0, 1024);
        Ranges.require(spec, "--rounds", rounds, 1, 10_000);
        List<GemmFigures> figures = GemmBench.run(threads, rounds);
        Gemm rule = Gemm.ofThisProcessor();
        PrintWriter out = spec.commandLine().getOut();
        if (!json) {
            out.println(table(figures, rule));
        }
        out.println(tree(figures, rule));
        out.flush();
    }

    private static Table table(List<GemmFigures> figures, Gemm rule) {
        Table table = new Table("PRODUCT", "SHAPE", "MKL GFLOP/S", "ONEDNN GFLOP/S", "AUTO");
        for (GemmFigures row : figures) {
            table.add(
                    name(row.kind()),
                    row.shape().toString(),
                    String.format(Locale.ROOT, "%.0f", row.mkl()),
                    String.format(Locale.ROOT, "%.0f", row.onednn()),
                    name(row.under(rule)));
        }
        return table;
    }

    private ObjectNode tree(List<GemmFigures> figures, Gemm rule) {
        ObjectNode tree =
                Json.MAPPER.createObjectNode().put("threads", threads).put("auto", name(rule));
        ArrayNode products = tree.putArray("products");
        for (GemmFigures row : figures) {
            products.addObject()
                    .put("product", name(row.kind()))
                    .put("batch", row.shape().batch())
                    .put("rows", row.shape().rows())
                    .put("inner", row.shape().inner())
                    .put("columns", row.shape().columns())
                    .put("mklGflopPerSecond", row.mkl())
                    .put("onednnGflopPerSecond", row.onednn())
                    .put("auto", name(row.under(rule)));
        }
        return tree;
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
