package io.kiln.model.script;

import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import io.kiln.model.torch.ScriptModule;

/** The official ConvNeXt, of either version, without head. */
final class ConvNextScript {
    private ConvNextScript() {}

    static ScriptModule write(Architecture architecture, ScriptCode code) {
        String x = code.images();
        for (int stage = 0; stage < Architecture.STAGES; stage++) {
            String downsample = "downsample_layers." + stage;
            if (stage == 0) {
                x = code.conv(downsample + ".0", x, 4, 0, 1);
                x = code.layerNormOfMaps(downsample + ".1", x);
            } else {
                x = code.layerNormOfMaps(downsample + ".0", x);
                x = code.conv(downsample + ".1", x, 2, 0, 1);
            }
            for (int i = 0; i < architecture.depths().get(stage); i++) {
                int width = architecture.widths().get(stage);
                x = block(architecture.family(), code, "stages." + stage + "." + i, x, width);
            }
            code.feature(x);
        }
        return code.finish();
    }

    private static String block(Family family, ScriptCode code, String block, String x, int width) {
        String y = code.channelsLast(code.conv(block + ".dwconv", x, 1, 3, width));
        y = code.layerNorm(block + ".norm", y);
        y = code.linear(block + ".pwconv1", y);
        y = code.assign("torch.gelu(" + y + ", approximate=\"none\")");
        if (family == Family.CONVNEXT_V2) {
            y = code.responseNorm(block + ".grn", y);
        }
        y = code.linear(block + ".pwconv2", y);
        if (family == Family.CONVNEXT) {
            y = code.scale(block + ".gamma", y);
        }
        return code.add(x, code.channelsFirst(y));
    }
}
