package io.kiln.verification.golden;

import io.kiln.model.torch.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Finds golden cases and runs those of any kind. */
public final class GoldenCases {
    private GoldenCases() {}

    /**
     * The folder itself if it is a case, otherwise the cases directly below it, sorted by name.
     *
     * @throws IOException if the folder cannot be read
     * @throws IllegalArgumentException if there is no case
     */
    public static List<Path> find(Path folder) throws IOException {
        if (isCase(folder)) {
            return List.of(folder);
        }
        List<Path> below = List.of();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> entries = Files.list(folder)) {
                below = entries.filter(GoldenCases::isCase).sorted().toList();
            }
        }
        if (below.isEmpty()) {
            throw new IllegalArgumentException(
                    "there is no case.json; expected a folder with case.json and case.safetensors, or"
                            + " a folder of such folders");
        }
        return below;
    }

    private static boolean isCase(Path folder) {
        return Files.isRegularFile(folder.resolve("case.json"));
    }

    /**
     * Runs a case in each precision. A case of crops is about bytes and runs once.
     *
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if the case is incomplete or of an unknown kind
     */
    public static List<GoldenReport> run(Path folder, List<Precision> precisions)
            throws IOException {
        if (GoldenCase.kindOf(folder).equals(CropsCheck.KIND)) {
            return List.of(CropsCheck.run(folder));
        }
        List<GoldenReport> reports = new ArrayList<>();
        for (Precision precision : precisions) {
            reports.add(GoldenCase.run(folder, precision));
        }
        return reports;
    }
}
