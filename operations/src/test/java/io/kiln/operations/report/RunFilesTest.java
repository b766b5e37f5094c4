package io.kiln.operations.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

class RunFilesTest {
    @TempDir private Path folder;

    @Test
    void everyStepIsALineAndSkippedBatchesAreMarked() throws IOException {
        List<StepPoint> steps = new ArrayList<>(Records.steps(2));
        steps.add(Records.skipped(2));
        Path file = folder.resolve("steps.csv");
        RunFiles.writeSteps(file, Records.history(steps));
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).startsWith("step,samplesSeen,loss,learningRate");
        assertThat(lines.get(2)).isEqualTo("2,64,0.99,0.02,0.04,1.0,0.200,150.0,0.100,false,0");
        assertThat(lines.get(3)).startsWith("2,64,NaN,").endsWith(",true,0");
        assertThat(lines)
                .allSatisfy(
                        line -> assertThat(line.split(",")).hasSameSizeAs(lines.get(0).split(",")));
    }

    @Test
    void theLossCurveIsAPictureOfItsOwn() throws Exception {
        Path file = folder.resolve("loss.svg");
        RunFiles.writeLossCurve(file, Records.history(Records.steps(60), Records.event(1, 30)));
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        Document svg = factory.newDocumentBuilder().parse(file.toFile());
        assertThat(svg.getElementsByTagNameNS("http://www.w3.org/2000/svg", "polyline").getLength())
                .isEqualTo(2);
    }

    @Test
    void beforeTheFirstStepThereIsNoCurve() throws IOException {
        Path file = folder.resolve("loss.svg");
        RunFiles.writeLossCurve(file, Records.history(List.of()));
        assertThat(file).doesNotExist();
    }
}
