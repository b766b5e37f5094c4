package io.kiln.operations.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class LineChartTest {
    @Test
    void everyStepIsAPointAndEveryEventAMark() throws Exception {
        Document svg =
                parse(
                        loss(
                                Records.history(
                                        Records.steps(60),
                                        Records.event(1, 30),
                                        Records.event(2, 60))));
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
        parse(loss(Records.history(Records.steps(1))));
    }

    @Test
    void lossesThatAreNotFiniteAreLeftOut() throws Exception {
        List<StepPoint> steps = new ArrayList<>(Records.steps(5));
        steps.add(Records.skipped(5));
        steps.add(Records.step(6, Double.POSITIVE_INFINITY));
        String svg = loss(Records.history(steps));
        parse(svg);
        assertThat(svg).doesNotContain("NaN").doesNotContain("Infinity");
    }

    @Test
    void beforeTheFirstStepThereIsASentence() {
        assertThat(loss(Records.history(List.of()))).contains("No training step yet");
    }

    private static String loss(RunHistory run) {
        return new Charts(List.of(run)).loss();
    }

    /** A legend and a chart beside each other. */
    private static Document parse(String html) throws Exception {
        byte[] whole = ("<div>" + html + "</div>").getBytes(StandardCharsets.UTF_8);
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(whole));
    }
}
