try GradientFlow.run()
try AddedLayers.run()
