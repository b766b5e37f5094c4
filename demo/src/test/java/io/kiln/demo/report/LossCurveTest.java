package io.kiln.demo.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.schemas.TrainingStep;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class LossCurveTest {
    @Test
    void everyStepIsAPointAndEveryEventAMark() throws Exception {
        RunSnapshot run =
                new RunSnapshot(
                        Records.steps(60),
                        List.of(Records.event(1, 30), Records.event(2, 60)),
                        List.of(),
                        60);
        Document svg = parse(LossCurve.of(run));
        NodeList lines = svg.getElementsByTagName("polyline");
        assertThat(lines.getLength()).isEqualTo(2);
        for (int i = 0; i < 2; i++) {
            assertThat(((Element) lines.item(i)).getAttribute("points").split(" ")).hasSize(60);
        }
        assertThat(svg.getElementsByTagName("title").item(1).getTextContent())
                .isEqualTo("checkpoint v2 at step 60");
    }

    @Test
    void aSingleStepIsDrawn() throws Exception {
        parse(LossCurve.of(new RunSnapshot(Records.steps(1), List.of(), List.of(), 1)));
    }

    @Test
    void lossesThatAreNotFiniteAreLeftOut() throws Exception {
        List<TrainingStep> steps = new ArrayList<>(Records.steps(5));
        steps.add(Records.skipped(5));
        steps.add(Records.step(6, Double.POSITIVE_INFINITY));
        String svg = LossCurve.of(new RunSnapshot(steps, List.of(), List.of(), 7));
        parse(svg);
        assertThat(svg).doesNotContain("NaN").doesNotContain("Infinity");
    }

    @Test
    void beforeTheFirstStepThereIsASentence() {
        assertThat(LossCurve.of(new RunSnapshot(List.of(), List.of(), List.of(), 0)))
                .contains("No training step yet");
    }

    private static Document parse(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    }
}
